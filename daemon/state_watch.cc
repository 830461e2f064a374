#include "daemon/state_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace coppice::daemon {

StateWatch::StateWatch(const std::string& path) : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (events_) ::inotify_add_watch(events_.get(), path.c_str(), IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
}

void StateWatch::wait(std::chrono::milliseconds bound) const {
  pollfd ready{events_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(bound.count())) <= 0) return;
  std::array<char, 4096> told;
  while (::read(events_.get(), told.data(), told.size()) > 0) {
  }
}

}  // namespace coppice::daemon
