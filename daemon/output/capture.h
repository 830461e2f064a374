// What one job writes to one stream, on its way into a Log.
//
// While a job writes nothing its pipe is watched by the control thread, which costs one registration
// and no other thread. With the first byte the pipe goes over to the writing thread for good (pump.h).
// The end of an unused pipe needs no other thread either. A job is never held up by a reader of its
// log, and a failure of the log never ends the job: see LogFile.
#pragma once

#include <chrono>
#include <memory>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "daemon/output/log.h"

namespace coppice::daemon {

class Pump;

// Control thread only. When destroyed before the log has ended, it closes the pipe and ends the log.
class Capture : public std::enable_shared_from_this<Capture> {
 public:
  // Takes the read end of an OutputPipe and begins. Throws std::system_error if the pipe cannot be
  // watched (ENOSPC, ENOMEM from epoll).
  static std::shared_ptr<Capture> start(UniqueFd pipe, std::shared_ptr<Log> log);

  // The same for a pipe whose earlier bytes an earlier life took to the files of `log`, which is fresh: the next byte
  // goes behind the last one there. Where that is comes from the disk (Log::ready).
  static std::shared_ptr<Capture> resume(UniqueFd pipe, std::shared_ptr<Log> log);

  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // Call when the job's tree is empty. Takes what is in the pipe now to the log, then closes the pipe
  // and ends the log: a process outside the job that still holds the other end is not waited for,
  // nor is what it writes later. Returns at once for a job that wrote nothing, without suspending, unless resumed;
  // after `bound` at the latest (a disk that hangs: End::error is ETIMEDOUT). Throws operation_aborted when
  // cancelled; the log then ends all the same. The caller holds this Capture meanwhile.
  asio::awaitable<Log::End> drain(std::chrono::milliseconds bound);

  // Borrowed: the read end of the pipe; -1 once it is closed. Only when the writing thread has been halted.
  int pipe();

  const std::shared_ptr<Log>& log() const { return log_; }

  // Use start().
  Capture(UniqueFd pipe, std::shared_ptr<Log> log);

 private:
  void watch();
  void readable();
  void end_unused(bool complete);
  void hand_over();
  asio::awaitable<void> wait_end(std::chrono::milliseconds bound);

  std::shared_ptr<Log> log_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> pipe_;
  // Set once the pipe has gone over; gone again when the log has ended.
  std::weak_ptr<Pump> pump_;
};

}  // namespace coppice::daemon
