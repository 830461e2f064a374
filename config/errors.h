// Why a specification is refused. Each carries the parameters of the error of the same name in
// io.coppice.Jobs.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/job_spec.h"

namespace coppice::config {

// `field` is a path in the interface's spelling, "spec.commands[0].argv"; `reason` a sentence without
// full stop that says what is wrong and, where there is one, the remedy.
class InvalidSpec : public std::runtime_error {
 public:
  InvalidSpec(std::string field, std::string reason)
      : std::runtime_error(field + ": " + reason),
        field_(std::move(field)),
        reason_(std::move(reason)) {}
  const std::string& field() const noexcept { return field_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string field_;
  std::string reason_;
};

// `limit` is the field's name within Limits: "memoryMax".
class LimitUnavailable : public std::runtime_error {
 public:
  LimitUnavailable(std::string limit, std::string reason)
      : std::runtime_error(limit + ": " + reason),
        limit_(std::move(limit)),
        reason_(std::move(reason)) {}
  const std::string& limit() const noexcept { return limit_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string limit_;
  std::string reason_;
};

class ContainmentUnavailable : public std::runtime_error {
 public:
  ContainmentUnavailable(std::vector<Containment> available, const std::string& reason)
      : std::runtime_error(reason), available_(std::move(available)) {}
  const std::vector<Containment>& available() const noexcept { return available_; }
  std::string reason() const { return what(); }

 private:
  std::vector<Containment> available_;
};

}  // namespace coppice::config
