// The supervisor as the keeper's child.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::process {

struct SupervisorProgram {
  std::string path;
  std::vector<std::string> arguments;  // argv[0] included
  // The limit of descriptors that it gets; the keeper's own if there is none.
  std::optional<rlimit> descriptor_limit;
  // How long it may be silent once it has said Alive; 0 for as long as it likes.
  std::chrono::milliseconds watchdog{0};
};

struct SupervisorChild {
  pid_t pid = 0;
  UniqueFd pidfd;
  // The keeper's end of the line to it.
  UniqueFd socket;
};

enum class Life {
  // Gets everything that this process inherited: descriptors, which a service manager or a client may have left for it,
  // and the environment. LISTEN_PID is set to the child if it named us.
  first,
  // Gets what is not close-on-exec, and no LISTEN_* in its environment: what they named went to the first.
  later,
};

// Starts the program. COPPICE_KEEPER_FD in its environment is the number of its end of the line,
// COPPICE_KEEPER_WATCHDOG how many milliseconds it may be silent, if that is bounded. Its signals are default
// and unblocked. Other threads may be at work; the child allocates nothing. Throws std::system_error.
SupervisorChild start_supervisor(const SupervisorProgram& program, Life life);

}  // namespace coppice::process
