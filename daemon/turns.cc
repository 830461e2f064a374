#include "daemon/turns.h"

namespace coppice::daemon {

void Turns::Turn::give_back() {
  const auto queue = std::exchange(queue_, nullptr);
  if (!queue) return;
  while (!queue->waiting.empty()) {
    const auto next = queue->waiting.front().lock();
    queue->waiting.pop_front();
    if (!next) continue;
    next->turn = Turn(queue);
    next->called.notify_all();
    return;
  }
  ++queue->free;
}

asio::awaitable<Turns::Turn> Turns::take(asio::io_context& io) {
  const auto queue = queue_;
  if (queue->free > 0) {
    --queue->free;
    co_return Turn(queue);
  }
  const auto waiter = std::make_shared<Waiter>(io);
  queue->waiting.push_back(waiter);
  while (!waiter->turn.held()) co_await waiter->called.wait();
  co_return std::move(waiter->turn);
}

}  // namespace coppice::daemon
