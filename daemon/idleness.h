// Ends a daemon that nobody needs: without a connection and without a live job for so long.
//
// One thread, the io_context's, whose turns must not outlive this.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "daemon/job_table.h"
#include "ipc/varlink/server.h"

namespace coppice::daemon {

class Idleness {
 public:
  // Calls `end` once. The server's observer of connections is this one's from begin() on.
  Idleness(asio::io_context& io, varlink::Server& server, const JobTable& jobs, std::function<void()> end);

  void begin(std::chrono::milliseconds bound);

 private:
  void check();

  varlink::Server& server_;
  const JobTable& jobs_;
  std::function<void()> end_;
  std::chrono::milliseconds bound_{};
  asio::steady_timer timer_;
};

}  // namespace coppice::daemon
