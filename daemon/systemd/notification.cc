#include "daemon/systemd/notification.h"

#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

std::string monotonic_microseconds() {
  timespec now{};
  // Fails for bad arguments only.
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));
  return std::to_string(static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

Notification::Notification(asio::io_context& io, std::string socket, pid_t main,
                           std::function<void(const std::string&)> complain)
    : io_(io), main_(main), complain_(std::move(complain)) {
  if (!socket.empty()) socket_.emplace(std::move(socket));
}

void Notification::ready() { say("READY=1\nMAINPID=" + std::to_string(main_)); }

// MONOTONIC_USEC is for Type=notify-reload; others pass over it.
void Notification::reloading() { say("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds()); }

void Notification::stopping(std::chrono::milliseconds bound) {
  say("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds(bound).count()));
}

void Notification::status(const std::string& text) { say_latest("STATUS=", "STATUS=" + text); }

void Notification::alive() { say_latest("WATCHDOG=1", "WATCHDOG=1"); }

void Notification::say_latest(std::string_view beginning, const std::string& text) {
  // The first is being sent perhaps.
  if (queue_.size() > 1)
    queue_.erase(std::remove_if(queue_.begin() + 1, queue_.end(),
                                [beginning](const std::string& waiting) { return waiting.starts_with(beginning); }),
                 queue_.end());
  say(text);
}

void Notification::say(std::string text) {
  if (!socket_) return;
  queue_.push_back(std::move(text));
  if (!room_) flush();
}

void Notification::flush() {
  for (; !queue_.empty(); queue_.pop_front()) {
    const int error = socket_->send_again(queue_.front(), main_);
    if (error == EAGAIN) return await_room();
    if (error != 0 && !std::exchange(complained_, true))
      complain_(errno_message("tell the service manager", queue_.front().substr(0, queue_.front().find('\n')), error));
  }
}

void Notification::await_room() {
  // A duplicate, for Asio closes what it watches. With none to be had the next message tries again.
  const int watched = ::fcntl(socket_->descriptor(), F_DUPFD_CLOEXEC, 0);
  if (watched < 0) return;
  room_.emplace(io_, watched);
  room_->async_wait(asio::posix::descriptor_base::wait_write, [this](const std::error_code& error) {
    if (error) return;
    room_.reset();
    flush();
  });
}

}  // namespace coppice::daemon
