// The system's log, as the daemon knows it: where it listens, and the thread that speaks to it.
//
// Make it after the control io_context and destroy it before that one, when no stream is used any more.
#pragma once

#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/journal/sender.h"
#include "daemon/output/worker.h"

namespace coppice::daemon {

class Journal {
 public:
  // `path` as for JournalSender. Opens nothing yet.
  Journal(asio::io_context& control, std::string path);

  // 0 if somebody listens there, else errno. Control thread, does not block.
  int probe() const { return JournalSender::probe(path_); }
  const std::string& path() const { return path_; }

  asio::io_context& control() { return control_; }
  // For streams. The thread is made by the first call. Throws std::system_error.
  asio::io_context& thread();
  // On that thread only.
  JournalSender& sender() { return sender_; }

  // Its thread ends for good. For a process that is about to become another.
  void halt() {
    if (worker_) worker_->halt();
  }

 private:
  asio::io_context& control_;
  const std::string path_;
  JournalSender sender_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace coppice::daemon
