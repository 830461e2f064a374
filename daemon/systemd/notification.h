// What the service manager is told (sd_notify(3)): ready, reloading, stopping, one line of status, signs of life.
//
// The messages are those of the protocol that sd_notify(3) documents as stable. They are not sent by its function, because that
// one waits for a service manager that takes nothing just now: here they wait, in their order, and the thread does not.
// One thread, the io_context's, which this must not outlive.
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/systemd/datagram.h"

namespace coppice::daemon {

class Notification {
 public:
  // `socket`: NOTIFY_SOCKET; empty: nobody is told anything. `main`: the keeper, in whose name everything is said as far as we may
  // (root may), so that nobody but the main process needs to be listened to (NotifyAccess=main): jobs are in the same unit.
  // `complain` gets a sentence, once.
  Notification(asio::io_context& io, std::string socket, pid_t main, std::function<void(const std::string&)> complain);

  bool heard() const { return socket_.has_value(); }

  // After the start or a reload. It names the main process too, which is news to a service manager if another keeper has died.
  void ready();
  void reloading();
  // Until the end, which may take so long from now on.
  void stopping(std::chrono::milliseconds bound);
  // A line for people.
  void status(const std::string& text);
  // For WatchdogSec=.
  void alive();

 private:
  void say(std::string text);
  // Of those that begin so, only the latest waits.
  void say_latest(std::string_view beginning, const std::string& text);
  void flush();
  void await_room();

  asio::io_context& io_;
  const pid_t main_;
  std::function<void(const std::string&)> complain_;
  std::optional<Datagram> socket_;
  std::optional<asio::posix::stream_descriptor> room_;
  std::deque<std::string> queue_;
  bool complained_ = false;
};

}  // namespace coppice::daemon
