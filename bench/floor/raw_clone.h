// clone3 that runs a program, vfork-style, with nothing between the system calls.
#pragma once

#include <cstdint>

namespace coppice::bench {

struct Clone {
  const char* program;
  char* const* argv;
  // A directory of cgroup2; -1: stay in ours.
  int group = -1;
  // Becomes descriptor 1; -1: ours.
  int output = -1;
  // Becomes descriptor 0; -1: ours.
  int input = -1;
};

struct Child {
  int pid = -1;
  // Owned by the caller.
  int pidfd = -1;
};

// Throws std::system_error when clone3 fails. A failed exec shows as exit status 127.
Child clone_and_exec(const Clone& what);

}  // namespace coppice::bench
