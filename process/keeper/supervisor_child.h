// The supervisor as the keeper's child.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::process {

struct SupervisorChild {
  pid_t pid = 0;
  UniqueFd pidfd;
  // The keeper's end of the line to it.
  UniqueFd socket;
};

// Starts `program` with `arguments` (argv[0] included) and everything that this process inherited: descriptors, which
// a service manager or a client may have left for it, and the environment. LISTEN_PID is set to the child if it
// named us. COPPICE_KEEPER_FD in its environment is the number of its end of the line. Its signals
// are default and unblocked. Call before there is a second thread. Throws std::system_error.
SupervisorChild start_supervisor(const std::string& program, std::vector<std::string> arguments);

}  // namespace coppice::process
