// What Coppice answers: the plain structs behind Job, Result and Process of io.coppice.Jobs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/boxed.h"
#include "config/job_spec.h"

namespace coppice::config {

// Microseconds since the epoch on the wire.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

enum class State { queued, starting, running, frozen, stopping, killing, ended };

enum class Outcome {
  succeeded,
  failed,
  signaled,
  timed_out,
  out_of_memory,
  stopped,
  killed,
  lease_expired,
  start_failed,
  lost
};

// The limits that the daemon itself watches.
enum class WatchedLimit { wall_time, silence, cpu_time };

struct ExitStatus {
  // Exactly one of code and signal (its name, "SIGKILL") is set.
  std::optional<int> code;
  std::optional<std::string> signal;
  std::optional<bool> core_dumped;
};

struct Usage {
  std::chrono::microseconds cpu_user{};
  std::chrono::microseconds cpu_system{};
  std::optional<std::int64_t> memory_peak;
  std::optional<std::int64_t> io_read;
  std::optional<std::int64_t> io_written;
  std::optional<std::int64_t> processes_peak;
  // Of one that runs.
  std::optional<std::int64_t> memory_now;
  std::optional<std::int64_t> processes_now;
};

struct Process {
  int pid = 0;
  int parent = 0;
  std::string user;
  // May hold bytes that are not UTF-8; the API escapes them.
  std::vector<std::string> command_line;
  // The kernel's letter.
  char state = '?';
  Time started_at{};
  std::optional<bool> killed;
  std::optional<std::string> wait_channel;
};

struct Stage {
  enum class Kind { stopping, killing, empty, drained };
  Kind stage = Kind::stopping;
  Time at{};
};

struct Result {
  Outcome outcome = Outcome::lost;
  std::optional<std::string> detail;
  std::optional<WatchedLimit> exceeded;
  std::vector<ExitStatus> exits;
  std::vector<Process> leftovers;
  std::vector<Process> found;
  std::vector<Stage> stages;
  std::optional<Usage> usage;
  std::optional<std::int64_t> log_dropped;
  Time started_at{};
  Time ended_at{};
};

// A job as a client sees it at one moment.
struct Job {
  std::string id;
  std::optional<std::string> name;
  std::string slice;
  std::map<std::string, std::string> labels;
  std::string owner;
  std::vector<Command> commands;
  State state = State::starting;
  std::optional<Containment> containment;
  std::vector<int> main_pids;
  int attempt = 1;
  std::optional<int> priority;
  // Nothing where there are none.
  Boxed<Limits> limits;
  std::vector<std::string> lacking;
  std::optional<Time> expires_at;
  std::vector<Process> stuck;
  std::optional<Time> started_at;
  Boxed<Usage> usage;
  Boxed<Result> result;
};

// A group of jobs, with those of the slices below it.
struct Slice {
  std::string name;
  std::optional<std::int64_t> max_jobs;
  std::int64_t live = 0;
  std::int64_t queued = 0;
  Limits limits;
};

// What this host can do, or cannot: Fact of io.coppice.Daemon.
struct Fact {
  enum class State { working, missing };
  std::string name;
  State state = State::working;
  std::string detail;
  std::optional<std::string> remedy;
};

enum class EventKind {
  queued,
  started,
  ready,
  frozen,
  thawed,
  stopping,
  killing,
  ended,
  restarting,
  overrun
};

}  // namespace coppice::config
