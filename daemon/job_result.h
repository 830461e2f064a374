// Why a job is over, from what is known at its end. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/job.h"
#include "daemon/exceeded.h"
#include "daemon/job.h"

namespace coppice::daemon {

// The wait status of wait(2) as the interface has it: a signal stays a signal (X5).
config::ExitStatus exit_status(int wait_status);

// "ran longer than 2 s"
std::string describe(const Exceeded& exceeded);

struct Ending {
  // Wait status of each command, in order; nothing for one that never ran.
  std::vector<std::optional<int>> statuses;
  // Why it did not start.
  std::optional<std::string> start_failure;
  // What failed in the daemon while it ran; it was killed then.
  std::optional<std::string> fault;
  // What asked for the end, and whether that reached a command while it lived.
  EndCause cause = EndCause::none;
  bool stop_delivered = false;
  // The stop came when the commands had ended and the job waited for its leftovers.
  bool leftovers_stopped = false;
  bool killed = false;
  // How a command ended is not known: its keeper had died before it.
  bool lost = false;
  // It was asked to end when this attempt was over and the next had not begun.
  bool between_attempts = false;
  // With the cause limit_exceeded: which.
  std::optional<Exceeded> exceeded;
  // With the cause lease_expired: the lease's.
  std::optional<config::Milliseconds> ttl;
  // The grace period ran out.
  bool grace_over = false;
  std::int64_t out_of_memory_kills = 0;
  // It took all of the tree.
  bool killed_for_memory = false;
};

// What the job itself knows of it: what asked for its end.
Ending asked_of(const Job& job);

// A kill that races with a natural exit reports the natural exit (K5).
config::Outcome outcome(const Ending& ending);

// A sentence for people where the outcome alone does not say it.
std::optional<std::string> detail(const Ending& ending);

}  // namespace coppice::daemon
