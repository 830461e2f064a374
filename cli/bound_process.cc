#include "cli/bound_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"
#include "cli/trouble.h"

namespace coppice::cli {

UniqueFd open_bound_process(const JobOptions& options) {
  if (!options.until_exit_of) return {};
  const auto pid = static_cast<pid_t>(*options.until_exit_of);
  // Close-on-exec by itself.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd)
    throw Trouble("--until-exit-of " + std::to_string(pid) + ": " + errno_message("pidfd_open", "", errno) +
                  ": name a process that runs, not a thread of one");
  return pidfd;
}

}  // namespace coppice::cli
