// The threads that read the supervisor's requests and clone.
//
// Each waits for a request on the socket itself: from a launch's packet to its clone nobody else has to
// be woken. A clone blocks its thread until the exec, for as long as a hung file system or a frozen pen
// pleases; when no thread is left to read and none makes progress, the loop adds one, up to a cap (S8).
//
// Spawners never end before the keeper does: a job that asked for a signal at its parent's death would
// get it when the thread that cloned it ends (PR_SET_PDEATHSIG, prctl(2)). When a supervisor has hung up they wait
// for the line to the next one.
#pragma once

#include <sys/resource.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "process/keeper/box_table.h"
#include "process/keeper/job_table.h"
#include "process/keeper/line.h"
#include "process/keeper/ordinary.h"
#include "process/keeper/watchdog.h"

namespace coppice::process {

// What spawners share with the loop. Borrowed descriptors; they outlive the threads.
struct SpawnerPorts {
  int epoll = -1;   // where the pidfd of a started child is added, with its key as data
  int watch = -1;   // a timerfd that the loop answers by relieve()
  int bell = -1;    // an eventfd, rung when a spawner has seen the end of requests, Serving or Alive
  Watchdog* watchdog = nullptr;
};

class Spawners {
 public:
  static constexpr std::size_t kCap = 64;
  // The descriptors from kFirstSlot on, three for each spawner, are theirs (see reserve_slots).
  static constexpr int kFirstSlot = 3;
  static constexpr int kSlotsEnd = kFirstSlot + 3 * static_cast<int>(kCap);

  // Fills the slots with a placeholder. What was there is lost: move it before. Throws
  // std::system_error. `descriptor_limit` is what each job is to get back.
  Spawners(SpawnerPorts ports, Line& line, JobTable& jobs, BoxTable& boxes, std::optional<rlimit> descriptor_limit);

  // Starts that many threads. Throws std::system_error if the first cannot be started.
  void start(std::size_t count);

  // To be called when `watch` has fired: adds a thread if nobody reads and nobody gets on.
  void relieve();

  // True when no thread will handle another request of this line: each is launching or has seen the end.
  bool quiet() const;

  // Has any of them seen the end of requests: has the supervisor hung up?
  bool saw_end() const;

  // True when all have: nothing will be started any more.
  bool ended() const;

  // Puts the line to the next supervisor in place. Only when quiet() and saw_end().
  void begin_line(UniqueFd socket);

  // Is this the pid of a child that is being started? Call it under the table's lock.
  bool is_newborn(pid_t pid) const;

 private:
  class Thread;
  enum class Activity { absent, reading, launching, ended };
  struct Seat {
    std::atomic<Activity> activity{Activity::absent};
    pid_t newborn = 0;  // written by the kernel before the child runs
  };

  bool add();
  // False when taking this launch would leave no reader for ever after.
  bool leave_reading(Seat& seat);
  void back_to_reading(Seat& seat);
  // To be called with what line_number_ was before the read that found the end. Waits for the next line.
  void await_line(Seat& seat, int ended);
  void ring_bell();
  void arm_watch();

  const SpawnerPorts ports_;
  Line& line_;
  JobTable& jobs_;
  BoxTable& boxes_;
  const std::optional<rlimit> descriptor_limit_;
  int placeholder_ = -1;  // /dev/null, for good
  // Opened once the slots are taken, and so beyond them.
  std::optional<OwnOomScore> oom_score_;

  // What the kernel turned out not to know is not tried again.
  std::atomic<bool> clears_handlers_{true};
  std::atomic<bool> clones_into_pen_{true};

  std::mutex mutex_;
  // Waited for without a condition variable: one that has waiters cannot be destroyed.
  std::atomic<int> line_number_{0};
  std::size_t reading_ = 0;  // those that wait for a line are among them
  std::uint64_t finished_ = 0;
  std::uint64_t finished_when_armed_ = 0;
  bool armed_ = false;
  bool line_ended_ = false;
  std::atomic<std::size_t> count_{0};
  std::array<Seat, kCap> seats_;
};

}  // namespace coppice::process
