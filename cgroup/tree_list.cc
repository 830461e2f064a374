#include "cgroup/tree_list.h"

#include <iterator>
#include <utility>

namespace coppice::cgroup {

std::vector<process::ProcessInfo> list_tree(const Group& group) {
  return survey(group.members(), process::Look::alone).list;
}

void TreeSurvey::append(TreeSurvey more) {
  std::move(more.list.begin(), more.list.end(), std::back_inserter(list));
  children.insert(children.end(), more.children.begin(), more.children.end());
}

TreeSurvey survey(std::span<const pid_t> members, process::Look look) {
  TreeSurvey survey;
  survey.list.reserve(members.size());
  for (const pid_t pid : members) {
    auto visit = process::visit_process(pid, look);
    if (!visit) continue;
    survey.list.push_back(std::move(visit->info));
    survey.children.insert(survey.children.end(), visit->children.begin(), visit->children.end());
  }
  return survey;
}

}  // namespace coppice::cgroup
