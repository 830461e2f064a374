// Stable references to processes. Any thread.
#pragma once

#include <sys/types.h>

#include "base/unique_fd.h"

namespace coppice::process {

// Owns nothing (tests false) when there is no such process. Close-on-exec by itself. Other failures,
// a shortage of descriptors above all, throw std::system_error.
UniqueFd open_pidfd(pid_t pid);

// False when the process is gone, reaped or not. Throws std::system_error when it is not ours to
// signal (EPERM) or the number is no signal (EINVAL).
bool send_signal(int pidfd, int signal);

// Whether the whole process, every thread of it, has ended.
bool exited(int pidfd);

}  // namespace coppice::process
