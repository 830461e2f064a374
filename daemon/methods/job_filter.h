// Which jobs a call asks for, in memory and in the history alike.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/job.h"
#include "daemon/access.h"
#include "daemon/history/filter.h"
#include "daemon/job.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

struct JobFilter {
  varlink::Peer peer;
  // It has a say about every job.
  bool governs = false;
  std::optional<std::string> name;
  std::optional<std::string> slice;
  // The id begins so.
  std::string begins;
  std::vector<config::State> states;
  std::vector<config::Outcome> outcomes;
  std::map<std::string, std::string> labels;
  std::optional<std::int64_t> ended_since;
  std::optional<std::int64_t> ended_before;
  std::optional<std::int64_t> limit;

  bool accepts(const Job& job) const;
  // It may accept jobs that have ended.
  bool covers_ended() const;
  // Of those.
  HistoryFilter for_history() const;
};

// From parameters of these names, those that the method has. Throws InvalidSpec for a limit below 1.
JobFilter read_filter(const varlink::Call& call, const Access& access);

}  // namespace coppice::daemon
