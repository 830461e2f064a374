// The options that say when a job ends although nobody asks, its lifetime and its limits, and whether it is started again.
#include <limits>
#include <memory>

#include "cli/declare_limits.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr auto kHighestPid = std::numeric_limits<int>::max();
constexpr auto kMostAttempts = std::numeric_limits<std::int64_t>::max();

std::optional<Milliseconds> duration(const char* option, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const Milliseconds value = parse_duration(option, *text);
  if (value.count() == 0)
    throw UsageError(std::string(option) + " \"" + *text + "\": give more than nothing, or leave it out");
  return value;
}

std::optional<Milliseconds> pause_of(const char* option, const std::optional<std::string>& text) {
  return text ? std::optional(parse_duration(option, *text)) : std::nullopt;
}

constexpr auto kMostOfAny = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostWeight = 10'000;

std::int64_t size_of(const char* option, const std::string& text) {
  const std::int64_t size = parse_size(option, text);
  if (size == 0) throw UsageError(std::string(option) + " \"" + text + "\": give more than nothing, or unlimited");
  return size;
}

// Puts a word into its place, or among those to be lifted.
template <typename Value, typename Parse>
void read(const char* option, const std::optional<std::string>& text, const char* field, Parse parse,
          std::optional<Value>& into, std::vector<std::string>& lift) {
  if (!text) return;
  if (*text == "unlimited")
    lift.emplace_back(field);
  else
    into = parse(option, *text);
}

// What lifts a limit that holds says nothing of a job that is to be started.
void require_nothing_lifted(const LimitChange& change) {
  if (!change.lift.empty()) throw UsageError("a job has no limit unless one is given: leave out those that are unlimited");
}

RestartOptions read_restart(const LimitWords& words) {
  RestartOptions restart;
  const bool more =
      words.restart_delay || words.restart_max_delay || words.restart_attempts || words.restart_reset;
  if (more && !words.restart)
    throw UsageError("how to restart says nothing without --restart on-failure or --restart always");
  if (words.restart)
    restart.policy = parse_choice("--restart", *words.restart, {"never", "on-failure", "always"});
  restart.delay = pause_of("--restart-delay", words.restart_delay);
  restart.max_delay = pause_of("--restart-max-delay", words.restart_max_delay);
  restart.reset_after = pause_of("--restart-reset", words.restart_reset);
  if (words.restart_attempts)
    restart.max_attempts = parse_integer("--restart-attempts", *words.restart_attempts, 1, kMostAttempts);
  return restart;
}

}  // namespace

void declare_controlled(CLI::App& app, ControlledWords& words) {
  text_option(app, "--memory-max", words.memory_max, "SIZE", "512M, 2G: of memory, without swap; beyond it all is killed");
  text_option(app, "--memory-high", words.memory_high, "SIZE", "who goes beyond is slowed down");
  text_option(app, "--cpu-max", words.cpu_max, "CPUS", "so many CPUs' worth of time: 0.5, 2, 150%");
  text_option(app, "--cpu-weight", words.cpu_weight, "N", "1 to 10000, against others of the slice; 100 if left out");
  text_option(app, "--io-weight", words.io_weight, "N", "1 to 10000, likewise");
  text_option(app, "--processes-max", words.processes_max, "N", "at one time, each thread counted");
}

LimitChange read_controlled(const ControlledWords& words) {
  const auto weight = [](const char* option, const std::string& text) { return parse_integer(option, text, 1, kMostWeight); };
  const auto count = [](const char* option, const std::string& text) { return parse_integer(option, text, 1, kMostOfAny); };
  const auto cpus = [](const char* option, const std::string& text) { return parse_cpus(option, text); };
  LimitChange change;
  LimitOptions& limits = change.limits;
  read("--memory-max", words.memory_max, "memoryMax", size_of, limits.memory_max, change.lift);
  read("--memory-high", words.memory_high, "memoryHigh", size_of, limits.memory_high, change.lift);
  read("--cpu-max", words.cpu_max, "cpuMax", cpus, limits.cpu_max, change.lift);
  read("--cpu-weight", words.cpu_weight, "cpuWeight", weight, limits.cpu_weight, change.lift);
  read("--io-weight", words.io_weight, "ioWeight", weight, limits.io_weight, change.lift);
  read("--processes-max", words.processes_max, "processesMax", count, limits.processes_max, change.lift);
  return change;
}

void declare_limits(CLI::App& app, LimitWords& words) {
  declare_controlled(app, words.controlled);
  app.add_flag("--limits-optional", words.optional, "run without those that cannot be set here; coppice status tells which");
  text_option(app, "--timeout", words.timeout, "DURATION", "stop it when it has run that long");
  text_option(app, "--silence", words.silence, "DURATION", "stop it when it has written nothing for that long");
  text_option(app, "--cpu-time", words.cpu_time, "DURATION",
              "stop it when it has used that much CPU time, all of its processes together");
}

void declare_lifetime(CLI::App& app, LimitWords& words) {
  text_option(app, "--lease", words.lease, "DURATION",
              "stop it unless coppice renew comes within that time, again and again");
  text_option(app, "--until-exit-of", words.process, "PID", "stop it when that process has ended");
}

void declare_restart(CLI::App& app, LimitWords& words) {
  text_option(app, "--restart", words.restart, "never|on-failure|always",
              "start it again when it ends by itself; a stop is the end");
  text_option(app, "--restart-delay", words.restart_delay, "DURATION",
              "before the first restart, doubled each time; 1s if left out");
  text_option(app, "--restart-max-delay", words.restart_max_delay, "DURATION",
              "what the delay grows to; 60s if left out");
  text_option(app, "--restart-attempts", words.restart_attempts, "N",
              "so many in a row, the first included; no end if left out");
  text_option(app, "--restart-reset", words.restart_reset, "DURATION",
              "who ran that long begins a new row; 60s if left out");
}

void read_limits(const LimitWords& words, JobOptions& job) {
  LimitChange controlled = read_controlled(words.controlled);
  require_nothing_lifted(controlled);
  job.limits = controlled.limits;
  job.limits_optional = words.optional;
  job.limits.wall_time = duration("--timeout", words.timeout);
  job.limits.silence = duration("--silence", words.silence);
  job.limits.cpu_time = duration("--cpu-time", words.cpu_time);
  if (words.lease && words.process)
    throw UsageError("--lease and --until-exit-of exclude each other: a job is bound to one of them");
  job.lease = duration("--lease", words.lease);
  job.restart = read_restart(words);
  if (words.process) job.until_exit_of = parse_integer("--until-exit-of", *words.process, 1, kHighestPid);
}

Finish declare_limit(CLI::App& app) {
  const auto words = std::make_shared<LimitWords>();
  declare_controlled(app, words->controlled);
  text_option(app, "--timeout", words->timeout, "DURATION", "since it was started");
  text_option(app, "--silence", words->silence, "DURATION", "without output");
  text_option(app, "--cpu-time", words->cpu_time, "DURATION", "of CPU time, all of its processes together");
  return [words](const Words& jobs) -> Command {
    if (jobs.empty()) throw UsageError("coppice limit needs a job: coppice limit --help has examples");
    LimitJobOptions options{jobs, read_controlled(words->controlled)};
    auto& [limits, lift] = options.change;
    const auto time = [](const char* option, const std::string& text) { return *duration(option, text); };
    read("--timeout", words->timeout, "wallTime", time, limits.wall_time, lift);
    read("--silence", words->silence, "silence", time, limits.silence, lift);
    read("--cpu-time", words->cpu_time, "cpuTime", time, limits.cpu_time, lift);
    return options;
  };
}

}  // namespace coppice::cli
