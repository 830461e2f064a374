// The list for a receipt: every process of a pen or slice, as /proc describes it.
#pragma once

#include <vector>

#include "cgroup/group.h"
#include "process/info/process_info.h"

namespace coppice::cgroup {

// By pid. Complete if the group is frozen, else whom it met. About 10 µs a process.
std::vector<process::ProcessInfo> list_tree(const Group& group);

}  // namespace coppice::cgroup
