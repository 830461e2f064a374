// A timer that wakes a Notifier's waiters once.
//
// Setting it again replaces the earlier time. Dropping it before it goes off drops the alarm; the
// notifier must live as long as the alarm does. One thread, the io_context's.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "daemon/notifier.h"

namespace coppice::daemon {

class Alarm {
 public:
  Alarm(asio::io_context& context, Notifier& notifier);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(std::chrono::steady_clock::duration delay);
  void cancel();
  // The time that was set last has come, and it was not cancelled since.
  bool gone_off() const { return gone_off_; }

 private:
  asio::io_context& context_;
  // Null until it is set for the first time, as most never are.
  std::unique_ptr<asio::steady_timer> timer_;
  Notifier& notifier_;
  // Outlives the alarm in a handler that is already on its way; a fresh one for each set().
  std::shared_ptr<bool> armed_;
  bool gone_off_ = false;
};

}  // namespace coppice::daemon
