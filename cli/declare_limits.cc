// The options that say when a job ends although nobody asks, its lifetime and its limits, and whether it is started again.
#include <limits>

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

void declare_limits(CLI::App& app, LimitWords& words) {
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
  job.limits.wall_time = duration("--timeout", words.timeout);
  job.limits.silence = duration("--silence", words.silence);
  job.limits.cpu_time = duration("--cpu-time", words.cpu_time);
  if (words.lease && words.process)
    throw UsageError("--lease and --until-exit-of exclude each other: a job is bound to one of them");
  job.lease = duration("--lease", words.lease);
  job.restart = read_restart(words);
  if (words.process) job.until_exit_of = parse_integer("--until-exit-of", *words.process, 1, kHighestPid);
}

}  // namespace coppice::cli
