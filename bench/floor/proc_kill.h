// What a supervisor without control groups does: finds the descendants of a process in /proc, and signals each.
#pragma once

#include <sys/types.h>

namespace coppice::bench {

// Sends SIGKILL to `root` and its descendants until a look at /proc finds none that lives, at most 50 times. Each is
// signalled through a pidfd, and awaited, and only if it is in the group of that directory: nobody else's process is hit.
void kill_by_proc(pid_t root, int group);

}  // namespace coppice::bench
