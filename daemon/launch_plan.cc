#include "daemon/launch_plan.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>

#include "config/names.h"
#include "daemon/stream_files.h"

namespace coppice::daemon {
namespace {

using Environment = std::map<std::string, std::string>;

// What only concerns the daemon: that of its keeper, and what a service manager says to one process (systemd.exec(5)).
bool is_the_daemons(std::string_view variable) {
  constexpr std::array kPrefixes = {"COPPICE_", "LISTEN_",         "WATCHDOG_",      "MEMORY_PRESSURE_", "NOTIFY_SOCKET=",
                                    "MAINPID=", "INVOCATION_ID=",  "JOURNAL_STREAM=", "SYSTEMD_EXEC_PID=", "FDSTORE="};
  return std::ranges::any_of(kPrefixes, [variable](const char* prefix) { return variable.starts_with(prefix); });
}

// What the daemon was started with.
void inherit(Environment& environment) {
  for (char** entry = ::environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || is_the_daemons(text)) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
}

Environment make_environment(const config::JobSpec& spec, const std::string& job_id) {
  Environment environment;
  environment = spec.environment;
  if (spec.inherit_environment.value_or(false)) inherit(environment);
  environment.insert_or_assign(kJobVariable, job_id);
  return environment;
}

rlim_t limit_value(const std::optional<std::int64_t>& value) {
  return value ? static_cast<rlim_t>(*value) : RLIM_INFINITY;
}

std::vector<process::ResourceLimit> resource_limits(const config::Limits& limits) {
  std::vector<process::ResourceLimit> result;
  for (const auto& [name, limit] : limits.rlimits)
    if (const auto resource = config::rlimit_resource(name))
      result.push_back({*resource, limit_value(limit.soft), limit_value(limit.hard)});
  return result;
}

}  // namespace

process::Launch plan_launch(const config::JobSpec& spec, std::size_t index, const std::string& job_id,
                            const std::optional<process::Credentials>& identity) {
  const config::Command& command = spec.commands.at(index);
  const Environment environment = make_environment(spec, job_id);
  process::Launch launch;
  const auto path = environment.find("PATH");
  launch.candidates = process::program_candidates(
      command.argv.front(),
      path == environment.end() ? std::nullopt : std::optional<std::string_view>(path->second),
      spec.base_directory.value_or("/"));
  launch.argv = command.argv;
  if (command.argv0) launch.argv.front() = *command.argv0;
  for (const auto& [name, value] : environment) launch.environment.push_back(name + "=" + value);
  launch.root = spec.root_directory;
  launch.directory = spec.working_directory.value_or(launch.root ? "/" : spec.base_directory.value_or("/"));
  plan_files(spec, index, launch);
  launch.credentials = identity;
  if (spec.umask) launch.umask = static_cast<mode_t>(*spec.umask);
  launch.limits = resource_limits(spec.limits);
  launch.nice = spec.nice;
  launch.oom_score_adjust = spec.oom_score_adjust;
  launch.no_new_privileges = spec.no_new_privileges.value_or(false);
  return launch;
}

std::string concerned_path(const process::Failed& failed, const process::Launch& launch) {
  using process::Step;
  const auto path_of = [&](std::size_t stream) {
    return launch.files[stream] ? launch.files[stream]->path : std::string();
  };
  switch (failed.step) {
    case Step::root: return launch.root.value_or("");
    case Step::input: return path_of(0);
    case Step::output: return path_of(1);
    case Step::error: return path_of(2);
    case Step::chdir: return launch.directory;
    case Step::cgroup_mount: {
      const std::size_t unified = launch.cgroup2_mounts.size();
      if (failed.index < unified) return launch.cgroup2_mounts[failed.index];
      const std::size_t legacy = failed.index - unified;
      return legacy < launch.cgroup1_mounts.size() ? launch.cgroup1_mounts[legacy] : std::string();
    }
    case Step::exec:
      return failed.index < launch.candidates.size() ? launch.candidates[failed.index]
                                                     : launch.candidates.back();
    default: return {};
  }
}

}  // namespace coppice::daemon
