// The chain of signs of life: this loop turns, the keeper's loop answers, the service manager is told.
//
// Each link looks after the next: the keeper ends a supervisor that is silent (process/keeper/watchdog.h), and the service
// manager a main process, the keeper, whose answers do not come. Control thread.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>

#include "daemon/keeper_client.h"
#include "daemon/systemd/notification.h"

namespace coppice::daemon {

class Heartbeat {
 public:
  // They outlive it.
  Heartbeat(asio::io_context& io, KeeperClient& keeper, Notification& notification);

  // `patience`: the keeper's.
  void begin(std::chrono::milliseconds patience);

 private:
  void beat(std::chrono::milliseconds pause);

  KeeperClient& keeper_;
  Notification& notification_;
  asio::steady_timer timer_;
};

}  // namespace coppice::daemon
