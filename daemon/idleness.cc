#include "daemon/idleness.h"

#include <system_error>
#include <utility>

namespace coppice::daemon {

Idleness::Idleness(asio::io_context& io, varlink::Server& server, const JobTable& jobs, std::function<void()> end)
    : server_(server), jobs_(jobs), end_(std::move(end)), timer_(io) {}

void Idleness::begin(std::chrono::milliseconds bound) {
  bound_ = bound;
  server_.on_connections([this](std::size_t) { check(); });
  check();
}

void Idleness::check() {
  timer_.cancel();
  if (!end_ || server_.connections() > 0) return;
  timer_.expires_after(bound_);
  timer_.async_wait([this](const std::error_code& error) {
    if (error || server_.connections() > 0) return;
    if (jobs_.live() > 0) return check();
    std::exchange(end_, nullptr)();
  });
}

}  // namespace coppice::daemon
