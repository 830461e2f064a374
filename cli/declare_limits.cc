// The options that say when a job ends although nobody asks: its lifetime and its limits.
#include <limits>

#include "cli/declare_limits.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr auto kHighestPid = std::numeric_limits<int>::max();

std::optional<Milliseconds> duration(const char* option, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const Milliseconds value = parse_duration(option, *text);
  if (value.count() == 0)
    throw UsageError(std::string(option) + " \"" + *text + "\": give more than nothing, or leave it out");
  return value;
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

void read_limits(const LimitWords& words, JobOptions& job) {
  job.limits.wall_time = duration("--timeout", words.timeout);
  job.limits.silence = duration("--silence", words.silence);
  job.limits.cpu_time = duration("--cpu-time", words.cpu_time);
  if (words.lease && words.process)
    throw UsageError("--lease and --until-exit-of exclude each other: a job is bound to one of them");
  job.lease = duration("--lease", words.lease);
  if (words.process) job.until_exit_of = parse_integer("--until-exit-of", *words.process, 1, kHighestPid);
}

}  // namespace coppice::cli
