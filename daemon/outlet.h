// The two streams that a job writes to, and where they lead when they do not leave the daemon.
#pragma once

#include <memory>

#include "base/unique_fd.h"
#include "daemon/held.h"
#include "daemon/job.h"
#include "daemon/journal/stream.h"
#include "daemon/output/capture.h"
#include "daemon/services.h"

namespace coppice::daemon {

struct Outlet {
  // Of its log, and in the journal.
  const char* name;
  // syslog(3): informational, and a warning.
  char priority;
  // Where the keeper holds the pipe.
  process::Tag log;
  process::Tag journal;
};

inline constexpr Outlet kOutputOutlet = {"output", '6', held::kOutput, held::kJournalOutput};
inline constexpr Outlet kErrorOutlet = {"error", '4', held::kError, held::kJournalError};

struct Sink {
  // The job's end.
  UniqueFd descriptor;
  // One of the two, or neither.
  std::shared_ptr<Capture> capture;
  std::shared_ptr<JournalStream> journal;
};

// The pipe is the keeper's too before anything is written to it. Throw std::system_error for a shortage.
Sink open_log(const Job& job, Services& services, const Outlet& outlet);
Sink open_journal(const Job& job, Services& services, const Outlet& outlet);

// With a pipe that an earlier supervisor has opened. The job's end is made if it is `wanted`.
Sink take_over_log(const Job& job, Services& services, const Outlet& outlet, UniqueFd pipe, bool wanted);
Sink take_over_journal(const Job& job, Services& services, const Outlet& outlet, UniqueFd pipe, bool wanted);

}  // namespace coppice::daemon
