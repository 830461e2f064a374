#include "process/keeper/pen_end.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "base/unique_fd.h"

namespace coppice::process {

bool kill_pen(int pen) {
  const UniqueFd file(::openat(pen, "cgroup.kill", O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), "1", 1) == 1;
}

void remove_pen(int pen) {
  const std::string link = "/proc/self/fd/" + std::to_string(pen);
  char path[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path - 1);
  if (size <= 0) return;
  path[size] = '\0';
  // Refused when it has members, which is what should happen then.
  static_cast<void>(::rmdir(path));
}

}  // namespace coppice::process
