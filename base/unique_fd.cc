#include "base/unique_fd.h"

#include <cerrno>

namespace coppice {

void UniqueFd::reset(int fd) noexcept {
  const int old = std::exchange(fd_, fd);
  if (old < 0) return;
  const int saved = errno;
  // What was written through descriptors whose data matters is checked where it was written.
  static_cast<void>(::close(old));
  errno = saved;
}

}  // namespace coppice
