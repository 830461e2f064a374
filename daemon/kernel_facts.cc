#include "daemon/kernel_facts.h"

#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "process/info/pidfd.h"

namespace coppice::daemon {
namespace {

// linux/magic.h, 6.9.
constexpr long kPidFsMagic = 0x50494446;

}  // namespace

bool process_inodes() {
  const UniqueFd own = process::open_pidfd(::getpid());
  struct statfs system {};
  return own && ::fstatfs(own.get(), &system) == 0 && system.f_type == kPidFsMagic;
}

// The call itself is older than what it tells of exits, and of a process that lives it tells nothing: the release decides.
bool tells_exit_status() {
  utsname system{};
  return ::uname(&system) == 0 && release_at_least(system.release, 6, 15);
}

bool release_at_least(std::string_view release, int major, int minor) {
  int found_major = 0;
  int found_minor = 0;
  if (std::sscanf(std::string(release).c_str(), "%d.%d", &found_major, &found_minor) != 2) return false;
  return std::pair(found_major, found_minor) >= std::pair(major, minor);
}

}  // namespace coppice::daemon
