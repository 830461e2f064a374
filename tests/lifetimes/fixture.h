// A daemon, a client of it, and jobs that do not want to end.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {

// A line of shell that says "here", ignores SIGTERM and goes on, with a child in a session of its own that does
// the same.
inline constexpr char kDeaf[] =
    "trap '' TERM; setsid sh -c \"trap '' TERM; while :; do sleep 0.05; done\" & echo here; "
    "while :; do sleep 0.05; done";

class WithDaemon : public testing::Test {
 protected:
  void SetUp() override;

  Daemon& daemon() { return *daemon_; }
  varlink::Client& client() { return *client_; }

  // Waits until the job's log holds `text`.
  bool says(const json& job, const std::string& text);
  bool comes_to(const json& job, const std::string& state);
  json job_now(const json& job);

 private:
  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

json with_limits(json spec, const json& limits);

// Passes while nothing else can be waited for.
void let_pass(std::chrono::milliseconds time);

// A process of ours that lives until it is killed.
class Child {
 public:
  // Runs `body` in it first.
  explicit Child(const std::function<void()>& body = [] {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pidfd() const { return pidfd_.get(); }
  // SIGKILL, and reaped.
  void kill();

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
};

}  // namespace coppice::support
