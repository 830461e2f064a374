// The limits that no controller of the kernel enforces and the daemon watches: wall time, silence and CPU time of
// one job that runs.
//
// It is not woken by output or by anything else that the job does. It has one timer, and when that goes off it
// looks how things stand and sets it for the first moment at which a limit could be exceeded. A job without
// such limits needs none of it. One thread, the io_context's.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <optional>

#include "cgroup/pen.h"
#include "config/job_spec.h"
#include "daemon/alarm.h"
#include "daemon/job.h"
#include "daemon/job_result.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

class LimitWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // Whether there is anything to watch.
  static bool wanted(const config::Limits& limits);

  // The job's commands run since `begin`. `wake` is notified when it is time to look(). All outlive this.
  LimitWatch(asio::io_context& io, Notifier& wake, cgroup::Pen& pen, const Logs& logs, Clock::time_point begin);

  // In place of those that were set before, counted from the same beginning. look() is due.
  void set(const config::Limits& limits);

  // The limit that is exceeded, if one is. Call it whenever woken: it is cheap unless its time has come. What is
  // frozen is not silent, and uses no CPU; its wall time goes on.
  std::optional<Exceeded> look(bool frozen);

 private:
  void note_frozen(bool frozen, Clock::time_point now);
  // From when on it may be exceeded, which is not after `now` if it is.
  Clock::time_point due(config::WatchedLimit limit, config::Milliseconds bound, Clock::time_point now) const;
  Clock::time_point quiet_since() const;
  Clock::duration cpu_time_left(config::Milliseconds bound) const;

  cgroup::Pen& pen_;
  Alarm alarm_;
  const Logs logs_;
  const Clock::time_point begin_;
  // Output before this does not count.
  Clock::time_point quiet_from_;
  Clock::time_point frozen_since_;
  Clock::time_point next_ = Clock::time_point::min();
  bool frozen_ = false;
  config::Limits limits_;
};

}  // namespace coppice::daemon
