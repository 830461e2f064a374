// Collecting a child's exit with what it used.
#pragma once

#include <sys/types.h>

#include <optional>

#include "process/keeper_protocol.h"

namespace coppice::process {

// The exit of the child that `pidfd` refers to; the child is reaped by this. Nothing while it lives.
// The report's key is left to the caller.
std::optional<Exited> reap_pidfd(int pidfd);

// Whose children: of the calling thread, or of all threads of the process. Orphans are the main thread's, and a child is
// the thread's that made it (waitid(2), __WNOTHREAD).
enum class Parent { thread, process };

// The pid of some child that waits to be reaped, or 0. Does not reap. O(children).
pid_t find_zombie(Parent parent);

// Reaps the child with that pid, which must be one that find_zombie named and nobody else reaps.
void reap_pid(pid_t pid);

}  // namespace coppice::process
