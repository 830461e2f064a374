#include "daemon/process_identity.h"

#include <sys/stat.h>

#include "process/info/pidfd.h"
#include "process/info/process_info.h"
#include "process/keeper_protocol.h"

namespace coppice::daemon {
namespace {

bool is_same(const MainProcess& main, int pidfd) {
  switch (static_cast<process::IdentityKind>(main.identity_kind)) {
    case process::IdentityKind::inode: {
      struct stat status {};
      return ::fstat(pidfd, &status) == 0 && status.st_ino == main.identity;
    }
    case process::IdentityKind::start_time: {
      // It is the process of the pidfd if that lives when its file has been read.
      const auto info = process::read_process_briefly(main.pid);
      return info && info->start_ticks == main.identity && !process::exited(pidfd);
    }
    default:
      return false;
  }
}

}  // namespace

UniqueFd open_process(const MainProcess& main) {
  UniqueFd pidfd = process::open_pidfd(main.pid);
  if (pidfd && !is_same(main, pidfd.get())) pidfd.reset();
  return pidfd;
}

}  // namespace coppice::daemon
