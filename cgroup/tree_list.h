// The list for a receipt: every process of a pen or slice, as /proc describes it.
#pragma once

#include <vector>

#include "cgroup/group.h"
#include "process/info/process_info.h"

namespace coppice::cgroup {

// By pid. Complete if the group is frozen, else whom it met. Some 25 µs a process, nearly all of it the kernel's.
std::vector<process::ProcessInfo> list_tree(const Group& group);

}  // namespace coppice::cgroup
