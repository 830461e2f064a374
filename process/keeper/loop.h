// The keeper's loop thread: exits, signals, orphans, and the end.
//
// It clones no job and never reads requests (spawners do), so no start can hold it up.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/unique_fd.h"
#include "process/keeper/job_table.h"
#include "process/keeper/spawners.h"
#include "process/keeper/succession.h"
#include "process/keeper/supervision.h"
#include "process/keeper/watchdog.h"

namespace coppice::process {

// How the loop begins: with a supervisor, or with what the keeper before kept.
struct LoopStart {
  // `first.socket` is the line to the first supervisor; its pid is 0, and it has no pidfd, if it is no child of ours
  // (tests): then its hang-up alone is the end. Everything else that is open from descriptor Spawners::kFirstSlot on
  // is closed.
  SupervisorChild first;
  // Then there is no `first`. Owns the descriptors that it names, which lie above the slots of spawners.
  std::optional<KeeperHandover> resumed;
  // What is started when a supervisor dies, and what the keeper executes in order to become another one.
  SupervisorProgram program;
  SupervisionRules rules;
  OwnProgram own;
  // What jobs get; the keeper's own if there is none.
  std::optional<rlimit> descriptor_limit;
};

class Loop {
 public:
  // All signals must be blocked. Throws std::system_error.
  explicit Loop(LoopStart start);

  // Until the last supervisor is gone. Then kills whatever it had not been told to forget, and returns the exit
  // status for the keeper: the supervisor's own if nothing was left. What another keeper has taken over is not killed.
  int run();

 private:
  static constexpr std::size_t kSpawners = 2;

  void watch(int descriptor, Key key, std::uint32_t events);
  // Handles what has happened; waits at most so long (-1 ms: as long as it takes).
  void turn(int timeout);
  void handle(Key key);
  void reap_command(Key key);
  void read_signals();
  void take_child_signal(pid_t pid);
  void sweep();
  bool sweep_one();
  void sweep_soon();
  void tell_orphans();
  void answer_alive();
  void resume(const KeeperHandover& handover);
  bool succeed(FarewellMode mode);
  int end();

  const OwnProgram own_;
  const std::optional<rlimit> descriptor_limit_;
  Line line_;
  UniqueFd epoll_;
  UniqueFd signals_;
  UniqueFd relief_;
  UniqueFd sweep_timer_;
  UniqueFd bell_;
  UniqueFd pause_;
  JobTable jobs_;
  BoxTable boxes_;
  Watchdog watchdog_;
  std::optional<Spawners> spawners_;
  std::optional<Supervision> supervision_;
  std::uint32_t orphans_ = 0;
  // The next sweep is due after this.
  bool sweep_due_ = false;
  std::chrono::nanoseconds sweep_pause_;
};

}  // namespace coppice::process
