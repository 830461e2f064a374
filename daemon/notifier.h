// Wakes every coroutine that waits for something to change.
//
// It carries no state of its own: a waiter checks its condition, waits, and checks again, because a
// notification may be for something else. One thread, the one that runs the io_context, so nothing
// can change between the check and the wait.
//
//   while (!job.ended()) co_await changed.wait();
//
// Waiters that are told by a destroyed Notifier wake as if notified; whoever holds the condition must
// keep it alive for them. It costs one timer that never fires, and no descriptor.
#pragma once

#include <chrono>

// Behind a header of the library: Asio 1.22 chooses how it allocates by a macro of libstdc++, and all
// translation units must choose alike.
#include <asio/awaitable.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>

namespace coppice::daemon {

class Notifier {
 public:
  explicit Notifier(asio::io_context& context);

  // Returns at the next notify_all(). Throws std::system_error with operation_aborted when the
  // coroutine that waits is cancelled (asio per-operation cancellation), even if it was notified too.
  asio::awaitable<void> wait();

  // Wakes those that wait now. They run later, from the io_context.
  void notify_all();

 private:
  using Clock = std::chrono::steady_clock;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type> never_;
};

}  // namespace coppice::daemon
