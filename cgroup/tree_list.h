// The list for a receipt: every process of a pen or slice, as /proc describes it; and who their children are.
#pragma once

#include <span>
#include <vector>

#include "cgroup/group.h"
#include "process/info/process_info.h"

namespace coppice::cgroup {

// By pid. Complete if the group is frozen, else whom it met. Some 25 µs a process, nearly all of it the kernel's.
std::vector<process::ProcessInfo> list_tree(const Group& group);

struct TreeSurvey {
  // In the order of the pids.
  std::vector<process::ProcessInfo> list;
  // Of all of them, members or not; none where nobody asked for them.
  std::vector<pid_t> children = {};

  // What another thread has found out of others.
  void append(TreeSurvey more);
};

// One visit for each. Reading a command line may block unless the tree is frozen.
TreeSurvey survey(std::span<const pid_t> members, process::Look look);

}  // namespace coppice::cgroup
