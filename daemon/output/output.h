// The threads that may block on a log file, so that the control thread never does.
//
// next_writing(): move what jobs write from pipes to files, and make and remove those files. One for each processor, up to
// kMostWriting; a log stays with the one that it was given.
// reading(): reads logs for clients, so that a cold read from a slow disk delays no job's output.
//
// All have every signal blocked. Make one Output after the control io_context and destroy it before
// that one, when no Log is used any more; the destructor runs what was posted so far and joins.
// A Capture that is still there then may only be destroyed.
#pragma once

#include <cstddef>
#include <deque>

#include <asio/io_context.hpp>

#include "base/unique_fd.h"
#include "daemon/output/worker.h"

namespace coppice::daemon {

class Output {
 public:
  // Each moves gigabytes a second (kernel.md); what more than two gain was not measured.
  static constexpr unsigned kMostWriting = 4;

  // Throws std::system_error when a thread, an epoll or /dev/null cannot be had.
  explicit Output(asio::io_context& control);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  asio::io_context& control() { return control_; }
  // For one more log: they take turns. Control thread.
  asio::io_context& next_writing() { return writing_[turn_++ % writing_.size()].context(); }
  asio::io_context& reading() { return reading_.context(); }

  // All threads end for good. For a process that is about to become another.
  void halt() {
    for (Worker& worker : writing_) worker.halt();
    reading_.halt();
  }

  // Where output goes that no file takes; open from the start, so that a shortage of descriptors
  // cannot stop a job's output from being drained. Borrowed.
  int null_device() const { return null_device_.get(); }

 private:
  asio::io_context& control_;
  UniqueFd null_device_;
  std::deque<Worker> writing_;
  std::size_t turn_ = 0;
  Worker reading_;
};

}  // namespace coppice::daemon
