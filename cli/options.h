// What a command line asks for, as plain structs: one for each command.
//
// `cli/parse.h` makes them and has checked them; `cli/commands.h` carries them out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace coppice::cli {

using Milliseconds = std::chrono::milliseconds;

// Taken by every command.
struct CommonOptions {
  // As given with --socket; COPPICE_SOCKET and the default place come after it.
  std::optional<std::string> socket;
  // Print the objects of the API, one per line, instead of text for people.
  bool json = false;
};

struct RlimitOption {
  // As given: "nofile".
  std::string name;
  // Nothing is unlimited.
  std::optional<std::int64_t> soft;
  std::optional<std::int64_t> hard;
};

// A standard stream that is not where the command would put it.
struct StreamOption {
  // A kind of the API; "file" with a path as given; relative: against the caller's directory.
  std::string kind;
  std::optional<std::string> path;
};

// Variables of the caller are the base, then come those of a job file, those of `files` in order, `keep` and `set`:
// what comes later takes the place of what came before.
struct EnvironmentOptions {
  // Nothing of the caller's.
  bool clear = false;
  // --env-file: paths.
  std::vector<std::string> files;
  // --env NAME: taken over from the caller, also with `clear`.
  std::vector<std::string> keep;
  // --env NAME=VALUE
  std::vector<std::pair<std::string, std::string>> set;
};

struct StoppingOptions {
  std::optional<std::string> signal;
  // main or all
  std::optional<std::string> whom;
  std::optional<Milliseconds> grace;
  // kill or wait
  std::optional<std::string> leftovers;
};

struct LimitOptions {
  // The kernel enforces these; sizes in bytes.
  std::optional<std::int64_t> memory_max;
  std::optional<std::int64_t> memory_high;
  // CPUs' worth of time.
  std::optional<double> cpu_max;
  std::optional<std::int64_t> cpu_weight;
  std::optional<std::int64_t> io_weight;
  std::optional<std::int64_t> processes_max;
  // The daemon watches these.
  std::optional<Milliseconds> wall_time;
  std::optional<Milliseconds> silence;
  std::optional<Milliseconds> cpu_time;
};

// What becomes of limits that hold already.
struct LimitChange {
  LimitOptions limits;
  // Names of the API: "memoryMax".
  std::vector<std::string> lift;
};

struct RestartOptions {
  // never, on-failure or always
  std::optional<std::string> policy;
  std::optional<Milliseconds> delay;
  std::optional<Milliseconds> max_delay;
  std::optional<std::int64_t> max_attempts;
  std::optional<Milliseconds> reset_after;
};

// What makes a job, for `run`, `start` and `show`.
struct JobOptions {
  // A job file; what is given besides takes the place of what stands in it.
  std::optional<std::string> file;
  // From left to right; none only where there is a file.
  std::vector<std::vector<std::string>> commands;
  std::optional<std::string> name;
  std::optional<std::string> slice;
  std::optional<int> priority;
  std::map<std::string, std::string> labels;
  std::optional<std::string> directory;
  EnvironmentOptions environment;
  std::optional<std::string> user;
  std::optional<std::string> group;
  std::optional<std::vector<std::string>> supplementary_groups;
  std::optional<int> umask;
  std::optional<int> nice;
  std::optional<int> oom_score_adjust;
  bool no_new_privileges = false;
  bool delegate = false;
  // The job's "/"; the paths of the job are then inside it, and relative ones are taken from there.
  std::optional<std::string> root;
  std::optional<StreamOption> input, output, error;
  // Output and error files are added to rather than emptied.
  bool append = false;
  // A terminal of its own.
  bool tty = false;
  std::vector<RlimitOption> rlimits;
  LimitOptions limits;
  // Without those that cannot be set here, rather than not at all.
  bool limits_optional = false;
  StoppingOptions stopping;
  // At most one of the two; with neither, the command says what the job is bound to.
  std::optional<Milliseconds> lease;
  std::optional<std::int64_t> until_exit_of;
  RestartOptions restart;
};

struct RunOptions {
  JobOptions job;
  bool detach = false;
  // Nothing on standard error about leftovers and progress.
  bool quiet = false;
};

struct StartOptions {
  JobOptions job;
  // Standard input is what `coppice write` gives.
  bool fed = false;
};

struct ShowOptions {
  JobOptions job;
};

struct AttachOptions {
  std::string job;
  bool read_only = false;
  bool take = false;
  // As bytes.
  std::string detach_keys;
};

// How many ended jobs are listed unless somebody says.
inline constexpr std::int64_t kListed = 100;

struct PsOptions {
  // Ended jobs too, the latest `limit` of them.
  bool all = false;
  std::int64_t limit = kListed;
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;
};

struct HistoryOptions {
  std::optional<std::string> name;
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;
  // Names of the API.
  std::vector<std::string> outcomes;
  // When it ended; microseconds since the epoch.
  std::optional<std::int64_t> since;
  std::optional<std::int64_t> before;
  std::int64_t limit = kListed;
};

// Jobs are named by id, by the beginning of an id, or by name.
struct StatusOptions {
  std::vector<std::string> jobs;
};

struct WaitOptions {
  std::vector<std::string> jobs;
  std::optional<Milliseconds> timeout;
  bool quiet = false;
};

struct LogsOptions {
  std::string job;
  bool follow = false;
  // output or error
  std::optional<std::string> stream;
  // Bytes; negative counts from the end.
  std::optional<std::int64_t> offset;
  // Microseconds since the epoch.
  std::optional<std::int64_t> since;
  // Lines.
  std::optional<std::int64_t> tail;
  bool timestamps = false;
};

struct WriteOptions {
  std::string job;
  // End the job's input behind what is written.
  bool close = false;
};

struct StopOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> slice;
  StoppingOptions stopping;
};

struct KillOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> slice;
};

struct SignalOptions {
  std::string signal;
  std::vector<std::string> jobs;
  // The whole tree instead of the main process.
  bool all = false;
};

struct FreezeOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> slice;
};

struct ThawOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> slice;
};

struct RenewOptions {
  std::vector<std::string> jobs;
  bool quiet = false;
};

struct TreeOptions {
  std::vector<std::string> jobs;
};

struct EventsOptions {
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;
  // A sequence number: what came after it.
  std::optional<std::int64_t> since;
};

struct RmOptions {
  std::vector<std::string> jobs;
  // Every job that has ended.
  bool all = false;
  std::optional<Milliseconds> older_than;
};

struct LimitJobOptions {
  std::vector<std::string> jobs;
  LimitChange change;
};

struct TopOptions {
  // cpu, memory, io, processes or name
  std::string sort = "cpu";
  // By slice.
  bool tree = false;
  // One picture, also on a terminal.
  bool once = false;
  Milliseconds interval{1000};
  std::optional<std::string> slice;
};

struct ExplainOptions {};

struct SliceSetOptions {
  std::string slice;
  // Nothing is no bound.
  std::optional<std::int64_t> max_jobs;
  // It was given: else what is set stays.
  bool bounds_jobs = true;
  // For all of its jobs together.
  LimitChange change = {};
};

struct SliceListOptions {
  // That one and those below it; all if there is none.
  std::optional<std::string> slice;
};

struct DaemonUpgradeOptions {};
struct DaemonReloadOptions {};

// What the shells' completions ask.
struct CompleteOptions {
  enum class What { live_jobs, jobs, ended_jobs, slices, signals, outcomes };
  What what = What::live_jobs;
  // What has been typed of the word.
  std::string beginning;
};

using Command = std::variant<RunOptions, StartOptions, ShowOptions, AttachOptions, PsOptions, StatusOptions, WaitOptions,
                             LogsOptions, StopOptions, KillOptions, SignalOptions, FreezeOptions,
                             ThawOptions, RenewOptions, TreeOptions, EventsOptions, RmOptions, SliceSetOptions,
                             SliceListOptions, WriteOptions, HistoryOptions, LimitJobOptions, TopOptions,
                             ExplainOptions, DaemonUpgradeOptions, DaemonReloadOptions, CompleteOptions>;

struct CommandLine {
  CommonOptions common;
  Command command;
};

}  // namespace coppice::cli
