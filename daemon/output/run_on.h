// Runs a function on another thread and waits for what it returns, as a coroutine.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "daemon/notifier.h"

namespace coppice::daemon {

// `work` runs once on `where`'s thread and must not throw; its result comes back by move. The caller
// runs on `control`. A cancelled wait throws operation_aborted at once; `work` is done all the same
// and its result is dropped on the control thread.
template <class Work>
auto run_on(asio::io_context& where, asio::io_context& control, Work work)
    -> asio::awaitable<decltype(work())> {
  using Result = decltype(work());
  struct Exchange {
    explicit Exchange(asio::io_context& context) : done(context) {}
    std::optional<Result> result;
    Notifier done;
  };
  auto exchange = std::make_shared<Exchange>(control);
  asio::post(where, [exchange, &control, work = std::move(work)]() mutable {
    Result result = work();
    asio::post(control, [exchange = std::move(exchange), result = std::move(result)]() mutable {
      exchange->result.emplace(std::move(result));
      exchange->done.notify_all();
    });
  });
  while (!exchange->result) co_await exchange->done.wait();
  co_return std::move(*exchange->result);
}

}  // namespace coppice::daemon
