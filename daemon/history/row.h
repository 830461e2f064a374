// A job that has ended, as the history keeps it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "config/job.h"

namespace coppice::daemon {

// Which streams have logs.
struct KeptStreams {
  bool output = false;
  // In a log of its own.
  bool error = false;
  // The error stream is in the log of the output.
  bool error_joins = false;
};

struct HistoryRow {
  // Its result is set.
  std::shared_ptr<const config::Job> job;
  // uid
  uid_t owner = 0;
  // That of its Start or Run.
  std::optional<std::string> key;
  // It had a place in its slice.
  bool begun = true;
  KeptStreams kept;
};

}  // namespace coppice::daemon
