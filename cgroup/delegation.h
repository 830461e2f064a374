// Giving a pen to a user, who may then make cgroups of its own in it.
#pragma once

#include <sys/types.h>

#include "cgroup/group.h"

namespace coppice::cgroup {

// What a user may make below its pen: each costs the kernel some 9 KB.
inline constexpr int kDelegatedGroups = 4096;

// The directory, cgroup.procs, cgroup.threads and cgroup.subtree_control become the user's, as cgroups(7) has it for
// delegation. All other files, those of limits among them, stay ours. Nothing can be moved in from outside or out:
// that takes the right to write cgroup.procs of a cgroup that both are in. Throws std::system_error.
void delegate(const Group& pen, uid_t uid, gid_t gid);

}  // namespace coppice::cgroup
