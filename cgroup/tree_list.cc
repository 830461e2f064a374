#include "cgroup/tree_list.h"

namespace coppice::cgroup {

std::vector<process::ProcessInfo> list_tree(const Group& group) {
  const std::vector<pid_t> members = group.members();
  std::vector<process::ProcessInfo> list;
  list.reserve(members.size());
  for (const pid_t pid : members)
    if (auto info = process::read_process(pid)) list.push_back(std::move(*info));
  return list;
}

}  // namespace coppice::cgroup
