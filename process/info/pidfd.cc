#include "process/info/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"

namespace coppice::process {

UniqueFd open_pidfd(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int error = errno;
  // EINVAL, ENOENT: the number names a thread, since the process it was is gone.
  if (!fd && error != ESRCH && error != EINVAL && error != ENOENT)
    throw errno_error("pidfd_open", std::to_string(pid), error);
  return fd;
}

bool send_signal(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0) return true;
  const int error = errno;
  if (error == ESRCH) return false;
  throw errno_error("pidfd_send_signal", std::to_string(signal), error);
}

bool exited(int pidfd) {
  pollfd one{pidfd, POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&one, 1, 0);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR && errno != EAGAIN) throw errno_error("poll", "pidfd", errno);
  }
}

}  // namespace coppice::process
