// Moves one pipe into the files of one log, on the writing thread of the log.
//
// It takes bounded turns, so that many busy jobs share the thread fairly, and tells the control
// thread about growth with at most one message under way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "base/unique_fd.h"
#include "daemon/output/log.h"

namespace coppice::daemon {

// The log for the control thread only. Whichever thread drops it last, the log is let go where it belongs.
struct PumpSubject {
  std::shared_ptr<Log> log;
};

// What the control thread is told about one segment. It outlives the Pump in messages that are still under way, and
// holds nothing that belongs to the writing thread. A segment has one of its own, so that none is heard of before it
// has begun.
struct PumpReport {
  std::shared_ptr<PumpSubject> subject;
  std::uint64_t first = 0;
  std::uint64_t begin = 0;
  std::atomic<std::uint64_t> size{0};
  // Microseconds since the epoch.
  std::atomic<std::int64_t> at{0};
  std::atomic<bool> under_way{false};

  void tell() const;
};

class Pump : public std::enable_shared_from_this<Pump> {
 public:
  // What one turn moves at most.
  static constexpr std::size_t kTurn = 1 << 20;
  // What a pipe holds once its job has shown that it writes a lot (kernel.md: the best size). Others
  // keep the default, because an unprivileged user may have only so many big ones.
  static constexpr int kBusyPipe = 256 << 10;

  // Takes the read end over, waiting for nothing yet. Control thread. From start() to the end of the
  // log a Pump keeps itself alive.
  Pump(UniqueFd pipe, const std::shared_ptr<Log>& log);

  // Any thread; each only posts. start: begins. drain: takes what is in the pipe at that moment, then
  // closes it, whoever still holds the other end. abandon: closes it as soon as the thread can.
  void start();
  void drain();
  void abandon();
  // Borrowed: the read end; -1 once it is closed. Only when the writing thread has been halted.
  int pipe() const { return finished_ ? -1 : pipe_; }

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  void turn();
  void wait();
  void wait_later();
  void tell_growth();
  void finish(bool ended);
  void begin_drain();
  void enlarge_pipe(std::uint64_t moved);

  asio::io_context& control_;
  asio::io_context& writing_;
  std::shared_ptr<PumpSubject> subject_;
  std::shared_ptr<PumpReport> report_;
  std::shared_ptr<LogFile> file_;
  UniqueFd unregistered_;
  int pipe_;
  Descriptor descriptor_;
  asio::steady_timer retry_;
  bool waiting_ = false;
  bool finished_ = false;
  bool enlarged_ = false;
  bool draining_ = false;
  std::uint64_t left_ = 0;
};

}  // namespace coppice::daemon
