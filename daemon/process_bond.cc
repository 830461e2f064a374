#include "daemon/process_bond.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "base/readiness.h"
#include "config/errors.h"

namespace coppice::daemon {
namespace {

// proc_pid_fdinfo(5): no other kind of file has a line "Pid:".
bool is_pidfd(int descriptor) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(descriptor);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw errno_error("open", path, errno);
  // Of a pidfd all of it fits.
  char text[1024];
  ssize_t size = 0;
  do size = ::read(file.get(), text, sizeof text);
  while (size < 0 && errno == EINTR);
  if (size < 0) throw errno_error("read", path, errno);
  return std::string(text, static_cast<std::size_t>(size)).find("\nPid:\t") != std::string::npos;
}

UniqueFd open_watch(int pidfd) {
  if (!is_pidfd(pidfd))
    throw config::InvalidSpec("spec.lifetime.fd", "the descriptor is no pidfd: pass one of pidfd_open(2)");
  UniqueFd watch(::epoll_create1(EPOLL_CLOEXEC));
  if (!watch) throw errno_error("epoll_create1", "the process a job is bound to", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(watch.get(), EPOLL_CTL_ADD, pidfd, &event) != 0)
    throw errno_error("watch", "the process a job is bound to", errno);
  return watch;
}

}  // namespace

ProcessBond::ProcessBond(asio::io_context& io, UniqueFd pidfd) : pidfd_(std::move(pidfd)), watch_(io) {
  UniqueFd watch = open_watch(pidfd_.get());
  // It throws before it owns anything.
  watch_.assign(watch.get());
  static_cast<void>(watch.release());
}

void ProcessBond::begin() {
  watch_.async_wait(asio::posix::descriptor_base::wait_read,
                    [weak = weak_from_this()](const std::error_code& error) {
                      if (error) return;
                      const auto self = std::static_pointer_cast<ProcessBond>(weak.lock());
                      if (!self) return;
                      if (ready_events(self->watch_.native_handle(), POLLIN) == 0) return self->begin();
                      self->break_off(EndCause::process_ended);
                    });
}

}  // namespace coppice::daemon
