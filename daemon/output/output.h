// The two threads that may block on a log file, so that the control thread never does.
//
// writing(): moves what jobs write from pipes to files, and makes and removes those files.
// reading(): reads logs for clients, so that a cold read from a slow disk delays no job's output.
//
// Both have every signal blocked. Make one Output after the control io_context and destroy it before
// that one, when no Log is used any more; the destructor runs what was posted so far and joins.
// A Capture that is still there then may only be destroyed.
#pragma once

#include <thread>

#include <asio/io_context.hpp>

#include "base/unique_fd.h"
#include "daemon/output/worker.h"

namespace coppice::daemon {

class Output {
 public:
  // Throws std::system_error when a thread, an epoll or /dev/null cannot be had.
  explicit Output(asio::io_context& control);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  asio::io_context& control() { return control_; }
  asio::io_context& writing() { return writing_.context(); }
  asio::io_context& reading() { return reading_.context(); }

  // Both threads end for good. For a process that is about to become another.
  void halt() {
    writing_.halt();
    reading_.halt();
  }

  // Where output goes that no file takes; open from the start, so that a shortage of descriptors
  // cannot stop a job's output from being drained. Borrowed.
  int null_device() const { return null_device_.get(); }

 private:
  asio::io_context& control_;
  UniqueFd null_device_;
  Worker writing_;
  Worker reading_;
};

}  // namespace coppice::daemon
