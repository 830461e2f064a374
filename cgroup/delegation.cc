#include "cgroup/delegation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"
#include "cgroup/files.h"

namespace coppice::cgroup {

void delegate(const Group& pen, uid_t uid, gid_t gid) {
  const std::string most = std::to_string(kDelegatedGroups);
  if (const int error = write_file(pen.directory(), "cgroup.max.descendants", most))
    throw errno_error("write cgroup.max.descendants of", pen.name(), error);
  for (const char* file : {".", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"})
    if (::fchownat(pen.directory(), file, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
      throw errno_error("delegate the cgroup of", pen.name(), errno);
}

}  // namespace coppice::cgroup
