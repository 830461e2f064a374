// The keeper's loop thread: exits, signals, orphans, and the end.
//
// It never clones and never reads requests (spawners do), so no start can hold it up.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/unique_fd.h"
#include "process/keeper/job_table.h"
#include "process/keeper/spawners.h"

namespace coppice::process {

class Loop {
 public:
  // `socket` is the line to the supervisor. `supervisor` is its pid and a pidfd of it; 0 and none if it is no
  // child of ours (tests): then its hang-up alone is the end. Everything else that is open from descriptor
  // Spawners::kFirstSlot on is closed. All signals must be blocked. Throws std::system_error.
  Loop(UniqueFd socket, pid_t supervisor, UniqueFd supervisor_pidfd,
       std::optional<rlimit> descriptor_limit);

  // Until the supervisor is gone. Then kills whatever it had not been told to forget, and returns the exit
  // status for the keeper: the supervisor's own if nothing was left.
  int run();

 private:
  static constexpr std::size_t kSpawners = 2;

  void watch(int descriptor, Key key);
  // Handles what has happened; waits at most so long (-1 ms: as long as it takes).
  void turn(int timeout);
  void handle(Key key);
  void reap_command(Key key);
  void read_signals();
  void take_child_signal(pid_t pid);
  void sweep();
  void sweep_soon();
  void tell_orphans();
  void collect_supervisor();
  void forward(int signal);
  bool supervisor_over() const;
  int end();
  void send(const Report& report);

  UniqueFd socket_;
  pid_t supervisor_;
  UniqueFd supervisor_pidfd_;
  UniqueFd epoll_;
  UniqueFd signals_;
  UniqueFd relief_;
  UniqueFd sweep_timer_;
  UniqueFd bell_;
  JobTable jobs_;
  std::optional<Spawners> spawners_;
  std::optional<int> supervisor_status_;
  std::uint32_t orphans_ = 0;
};

}  // namespace coppice::process
