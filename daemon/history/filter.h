// Which jobs of the history are wanted, and the pieces in which they come.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/job.h"

namespace coppice::daemon {

// All of it holds for a job that is wanted; what is empty holds for each.
struct HistoryFilter {
  // uid
  std::optional<uid_t> owner;
  std::optional<std::string> name;
  // Or below it; the empty one is every job.
  std::string slice;
  std::map<std::string, std::string> labels;
  std::vector<config::Outcome> outcomes;
  // Microseconds since the epoch: at or after, before.
  std::optional<std::int64_t> ended_since;
  std::optional<std::int64_t> ended_before;
  // The id begins so, and is not less than that.
  std::string begins;
  std::string least_id;

  // The order of the ids.
  bool newest_first = false;
  // Their texts are left empty.
  bool ids_only = false;
};

struct HistoryEntry {
  std::string id;
  // A `Job` of the interface, as JSON.
  std::string text;
};

struct HistoryPage {
  // May be none, and more follow all the same.
  std::vector<HistoryEntry> entries;
  // Where the next page begins.
  std::string next;
  bool end = false;
};

}  // namespace coppice::daemon
