// A thread for what may block, with every signal blocked. It runs what is posted to its context.
#pragma once

#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

namespace coppice::daemon {

class Worker {
 public:
  // Throws std::system_error when a thread or an epoll cannot be had.
  Worker();
  // Runs what was posted so far, drops what waits, and joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs what was posted so far and joins; from then on nothing runs. For a process that is about to become another.
  void halt();

  asio::io_context& context() { return context_; }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace coppice::daemon
