// Ends a supervisor that has fallen silent: stopped, or caught in an endless loop.
//
// A thread of its own, for the loop may be held up by that supervisor, which reads no more. It never clones. From the first
// sign of life on the next one is due within `patience`; when it is not there, SIGABRT, so that there is a core dump to
// look at, with SIGCONT, for a stopped process takes no other signal; and SIGKILL as much later. What follows is the
// supervisor's death like any other.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/unique_fd.h"

namespace coppice::process {

class Watchdog {
 public:
  // With 0 there is none: no thread, and nothing happens. All signals must be blocked. Throws std::system_error.
  explicit Watchdog(std::chrono::milliseconds patience);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // The supervisor is this process now (a pidfd, borrowed for the call; the number is for people); or nobody. The loop's thread.
  void attend(int pidfd, pid_t pid);
  void release();
  // It has given a sign of life. Any thread.
  void heard();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void act();
  void signal(int number) const;

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  UniqueFd pidfd_;
  pid_t pid_ = 0;
  // When the next sign is missed; nothing before the first one, and when there is nothing left to do.
  std::optional<Clock::time_point> due_;
  bool aborted_ = false;
  std::thread thread_;
};

}  // namespace coppice::process
