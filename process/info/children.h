// Whose children stand in the directory of a process. For this folder.
#pragma once

#include <sys/types.h>

#include <vector>

namespace coppice::process {

// Those of every thread. `threads` is how many there are, where that is known and does not change meanwhile: of one the
// directory of threads need not be gone through. 0: not known.
void append_children(int directory, pid_t pid, int threads, std::vector<pid_t>& children);

}  // namespace coppice::process
