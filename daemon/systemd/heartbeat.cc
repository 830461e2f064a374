#include "daemon/systemd/heartbeat.h"

#include <system_error>

namespace coppice::daemon {

Heartbeat::Heartbeat(asio::io_context& io, KeeperClient& keeper, Notification& notification)
    : keeper_(keeper), notification_(notification), timer_(io) {}

void Heartbeat::begin(std::chrono::milliseconds patience) {
  keeper_.on_alive([this] { notification_.alive(); });
  beat(patience / 2);
}

void Heartbeat::beat(std::chrono::milliseconds pause) {
  keeper_.say_alive();
  timer_.expires_after(pause);
  timer_.async_wait([this, pause](const std::error_code& error) {
    if (!error) beat(pause);
  });
}

}  // namespace coppice::daemon
