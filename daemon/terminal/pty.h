// A pair of a terminal's master and slave.
#pragma once

#include <sys/types.h>

#include "base/unique_fd.h"
#include "config/job_spec.h"

namespace coppice::daemon {

struct Pty {
  // Ours alone, non-blocking.
  UniqueFd master;
  // For the job: blocking. While one is open the master never reports a hang-up.
  UniqueFd slave;
};

// Neither becomes the controlling terminal of this process; both are close-on-exec. The slave belongs to
// `owner`; its group and mode are what devpts is mounted with (gid=5,mode=620 on Debian; devpts in the kernel's
// documentation), as with grantpt(3). Throws std::system_error: ENOSPC when the system has no terminal
// left (kernel.pty.max).
Pty open_pty(uid_t owner, config::TerminalSize size);

// One more descriptor of the slave, whoever its owner is. Throws std::system_error.
UniqueFd open_slave(int master);

config::TerminalSize size_of(int master);
// The kernel tells the programs in its foreground (SIGWINCH) if that changes something. Throws
// std::system_error.
void set_size(int master, config::TerminalSize size);

}  // namespace coppice::daemon
