// Processes of a job that are not in its pen any more.
//
// Only a job that may write to cgroup files (root's, or the user's own under an unprivileged daemon) can
// carry a process out. What left is found through its parent (a member, or another stray), or, when its
// parent has ended, among the orphans that the keeper adopted, by the mark in its environment, or by what it sees of
// cgroups: a job that was confined (process::CgroupView) sees its pen, whatever its processes do to their environments.
// A process that left, lost its parent, wiped its environment and joined the mounts of somebody else is not found. Strays are not frozen and
// go on forking: kill and look again until there are none. Any thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "cgroup/group.h"
#include "process/info/process_info.h"

namespace coppice::cgroup {

struct Stray {
  UniqueFd pidfd;
  process::ProcessInfo info;
  // Where it was found: `/system.slice/x.service`.
  std::string cgroup;
};

// What to look for: an environment variable that the daemon gave to the job, and its value, which is the pen's id too.
struct Mark {
  std::string name;
  std::string value;
  // Its commands' processes. They are children of the threads of the keeper that started them, and no orphans.
  std::vector<pid_t> mains = {};
  // Whether that is a command's process, of whatever job. After an upgrade of the keeper they are children of its main
  // thread, as orphans are, and to look into each costs the end of a job more the more jobs there are.
  std::function<bool(pid_t)> is_main = {};
};

// `members`: of `group`, listed while frozen. Costs some system calls for each member and each orphan
// of the keeper. `keeper` is the process whose main thread adopts orphans; 0 for none.
std::vector<Stray> find_strays(const Group& group, const std::vector<pid_t>& members, pid_t keeper,
                               const Mark& mark);

// The same where the children of the members are known (tree_list.h): costs nothing for each member.
std::vector<Stray> find_strays(const Group& group, const std::vector<pid_t>& members,
                               const std::vector<pid_t>& children, pid_t keeper, const Mark& mark);

// How many of them were still there to be signalled.
std::size_t kill_strays(const std::vector<Stray>& strays);

}  // namespace coppice::cgroup
