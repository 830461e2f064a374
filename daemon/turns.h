// So many at a time, first come, first served.
//
// The end of a tree needs descriptors and memory beside what the job holds anyway. Where thousands end together each takes its
// turn, so that what the daemon may have suffices, and what one needs is still in the processor's caches. One thread.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "daemon/notifier.h"

namespace coppice::daemon {

class Turns {
  struct Queue;

 public:
  // Given back when it goes; it may outlive the Turns that it is of.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&& other) noexcept {
      give_back();
      queue_ = std::move(other.queue_);
      return *this;
    }
    ~Turn() { give_back(); }

    // Now. Again is no error.
    void give_back();

   private:
    friend class Turns;
    explicit Turn(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

    bool held() const { return queue_ != nullptr; }

    std::shared_ptr<Queue> queue_;
  };

  explicit Turns(std::size_t most) : queue_(std::make_shared<Queue>(Queue{most, {}})) {}

  // Throws operation_aborted when cancelled; then it has lost its place in the queue, and a turn that came at the same time
  // goes to the next.
  asio::awaitable<Turn> take(asio::io_context& io);

 private:
  struct Waiter {
    explicit Waiter(asio::io_context& io) : called(io) {}
    Turn turn;
    Notifier called;
  };
  struct Queue {
    std::size_t free = 0;
    // Those that wait; one that has gone meanwhile is passed over.
    std::deque<std::weak_ptr<Waiter>> waiting;
  };

  std::shared_ptr<Queue> queue_;
};

}  // namespace coppice::daemon
