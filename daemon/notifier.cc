#include "daemon/notifier.h"

#include <asio/cancellation_state.hpp>
#include <asio/error.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <system_error>

namespace coppice::daemon {

Notifier::Notifier(asio::io_context& context) : never_(context, Clock::time_point::max()) {}

asio::awaitable<void> Notifier::wait() {
  constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);
  // Being notified is the timer being cancelled, so its error says nothing. From here on `this` may
  // be gone: only the coroutine's own state is looked at.
  co_await never_.async_wait(as_result);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw std::system_error(asio::error::make_error_code(asio::error::operation_aborted));
}

void Notifier::notify_all() { never_.cancel(); }

}  // namespace coppice::daemon
