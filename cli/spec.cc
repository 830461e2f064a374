#include "cli/spec.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/env_file.h"
#include "cli/job_file/job_file.h"
#include "cli/limit_words.h"
#include "cli/raw_terminal.h"
#include "cli/terminal.h"
#include "cli/trouble.h"
#include "config/check.h"
#include "config/limits.h"
#include "config/names.h"
#include "ipc/api/escape.h"

namespace coppice::cli {
namespace {

// For what travels as JSON, which is text.
void require_utf8(const std::string& what, const std::string& text) {
  if (!api::is_utf8(text))
    throw Trouble(what + " is not UTF-8: \"" + printable(text) + "\"; only the command, variables and paths may be");
}

// An option takes the place of what the job file says.
template <typename Value>
void take(std::optional<Value>& into, const std::optional<Value>& option) {
  if (option) into = option;
}

// `path`, taken from `base` if it is relative.
std::string absolute(const char* option, const std::string& path, const std::string& base) {
  if (path.empty()) throw Trouble(std::string(option) + " is empty: give a path, or leave it out");
  if (path.front() == '/') return path;
  if (base.empty())
    throw Trouble(std::string(option) + " \"" + printable(path) +
                  "\" is relative to this directory, which has been removed: give an absolute path");
  return base.ends_with('/') ? base + path : base + "/" + path;
}

// What relative paths of the job are taken from: inside another root there is no directory of the caller's.
std::string base_directory(const config::JobSpec& spec, const Caller& caller) {
  return spec.root_directory ? "/" : caller.directory;
}

std::string working_directory(const JobOptions& options, const std::string& base) {
  if (!options.directory) return base;
  const std::string directory = absolute("--dir", *options.directory, base);
  if (options.directory->front() == '/') return directory;
  return std::filesystem::path(directory).lexically_normal().string();
}

std::optional<config::Stream> stream_of(const char* option, const std::optional<StreamOption>& asked,
                                        const std::string& base) {
  if (!asked) return std::nullopt;
  config::Stream stream;
  stream.kind = config::parse<config::Stream::Kind>(asked->kind).value();
  if (asked->path) stream.path = absolute(option, *asked->path, base);
  return stream;
}

void take_streams(const JobOptions& options, const std::string& base, config::JobSpec& spec) {
  if (options.input) spec.input_data.reset();
  take(spec.input, stream_of("--input", options.input, base));
  take(spec.output, stream_of("--output", options.output, base));
  take(spec.error, stream_of("--error", options.error, base));
  for (auto* stream : {&spec.output, &spec.error})
    if (options.append && *stream && (*stream)->kind == config::Stream::Kind::file) (*stream)->append = true;
}

void take_commands(const JobOptions& options, config::JobSpec& spec) {
  if (options.commands.empty()) {
    if (spec.commands.empty())
      throw Trouble(printable(options.file.value_or("")) +
                    " has no commands: say commands = [{argv = [\"make\"]}] there, or give a command last");
    return;
  }
  spec.commands.clear();
  for (const auto& argv : options.commands) spec.commands.push_back({argv, std::nullopt});
  // What was typed here is meant from here, whatever the file is about.
  spec.base_directory.reset();
}

void take_place(const JobOptions& options, const Caller& caller, config::JobSpec& spec) {
  take(spec.name, options.name);
  take(spec.slice, options.slice);
  take(spec.priority, options.priority);
  for (const auto& [key, value] : options.labels) spec.labels[key] = value;
  if (options.root) spec.root_directory = absolute("--root", *options.root, caller.directory);
  const std::string base = base_directory(spec, caller);
  if (options.directory || !spec.working_directory) {
    const std::string directory = working_directory(options, base);
    if (directory.empty())
      throw Trouble("this directory has been removed: go elsewhere, or give --dir DIRECTORY");
    spec.working_directory = directory;
  }
  if (!spec.base_directory) spec.base_directory = base.empty() ? *spec.working_directory : base;
  take_streams(options, base, spec);
}

// Names of one resource may differ: "nofile" and "RLIMIT_NOFILE".
void take_rlimit(const RlimitOption& option, std::map<std::string, config::Rlimit>& rlimits) {
  std::erase_if(rlimits, [&](const auto& limit) {
    return config::rlimit_resource(limit.first) == config::rlimit_resource(option.name);
  });
  rlimits[option.name] = config::Rlimit{option.soft, option.hard};
}

void take_process_options(const JobOptions& options, const Caller& caller, config::JobSpec& spec) {
  take(spec.user, options.user);
  take(spec.group, options.group);
  take(spec.supplementary_groups, options.supplementary_groups);
  take(spec.oom_score_adjust, options.oom_score_adjust);
  take(spec.umask, options.umask);
  if (!spec.umask) spec.umask = caller.umask;
  take(spec.nice, options.nice);
  // Only what differs from the daemon's usual: a lower value than the daemon's needs privileges.
  if (!spec.nice && caller.nice != 0) spec.nice = caller.nice;
  if (options.no_new_privileges) spec.no_new_privileges = true;
  if (options.delegate) spec.delegate = true;
  for (const RlimitOption& limit : options.rlimits) take_rlimit(limit, spec.limits.rlimits);
}

void take_stopping(const StoppingOptions& options, config::JobSpec& spec) {
  const config::Stopping asked = stopping_of(options);
  if (!spec.stopping) spec.stopping = config::Stopping();
  take(spec.stopping->signal, asked.signal);
  take(spec.stopping->whom, asked.whom);
  take(spec.stopping->grace, asked.grace);
  take(spec.stopping->leftovers, asked.leftovers);
}

void take_lifetime(const JobOptions& options, config::JobSpec& spec) {
  using Bound = config::Lifetime::Bound;
  const config::Limits limits = limits_of(options.limits);
  config::copy_limits(limits, spec.limits, config::set_limits(limits));
  if (options.limits_optional) spec.limits_required = false;
  if (options.lease) spec.lifetime = config::Lifetime{Bound::lease, {}, options.lease};
  if (options.until_exit_of) spec.lifetime = config::Lifetime{Bound::process, {}, {}};
}

void take_restart(const RestartOptions& options, config::JobSpec& spec) {
  using Policy = config::Restart::Policy;
  if (!options.policy) return;
  config::Restart restart;
  if (*options.policy == "on-failure") restart.policy = Policy::on_failure;
  if (*options.policy == "always") restart.policy = Policy::always;
  restart.delay = options.delay;
  restart.max_delay = options.max_delay;
  restart.max_attempts = options.max_attempts;
  restart.reset_after = options.reset_after;
  spec.restart = restart;
}

void require_text(const config::JobSpec& spec) {
  for (const auto& [key, value] : spec.labels) require_utf8("--label", key + "=" + value);
  const std::pair<const char*, const std::optional<std::string>*> texts[] = {
      {"--name", &spec.name}, {"--slice", &spec.slice}, {"--user", &spec.user},
      {"--group", &spec.group}};
  for (const auto& [option, text] : texts)
    if (*text) require_utf8(option, **text);
  for (const std::string& group : spec.supplementary_groups.value_or(std::vector<std::string>()))
    require_utf8("--supplementary-group", group);
}

// What is left out of a job with a terminal goes there: one stream that says so is enough.
void take_terminal(const JobOptions& options, const Caller& caller, config::JobSpec& spec) {
  if (options.tty && !config::has_terminal(spec)) {
    auto* free = !spec.input && !spec.input_data ? &spec.input : !spec.output ? &spec.output : &spec.error;
    if (*free) throw Trouble("--tty gives the job a terminal, and input, output and error all go elsewhere: leave one out");
    free->emplace().kind = config::Stream::Kind::pty;
  }
  if (config::has_terminal(spec) && !spec.terminal_size) spec.terminal_size = caller.terminal;
}

}  // namespace

Caller caller_of_this_process() {
  Caller caller;
  std::error_code failure;
  caller.directory = std::filesystem::current_path(failure).string();
  if (failure) caller.directory.clear();
  const mode_t mask = ::umask(0);
  static_cast<void>(::umask(mask));  // it cannot fail (umask(2))
  caller.umask = static_cast<int>(mask);
  // -1 is a value too, and for one's own process there is nothing else that it could mean.
  caller.nice = ::getpriority(PRIO_PROCESS, 0);
  caller.terminal = size_of_terminal(STDIN_FILENO);
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    caller.environment.emplace_back(*entry);
  return caller;
}

Environment inherited_environment(const Caller& caller) {
  Environment variables;
  for (const std::string& entry : caller.environment) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    // Of two entries for a name getenv(3) finds the first, and so shall the job.
    variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

Environment own_environment(const EnvironmentOptions& options, const Caller& caller, Environment of_file) {
  Environment variables = std::move(of_file);
  for (const std::string& path : options.files)
    for (auto& [name, value] : read_env_file(path)) variables[name] = std::move(value);
  const Environment here = inherited_environment(caller);
  for (const std::string& name : options.keep) {
    const auto found = here.find(name);
    if (found == here.end())
      throw Trouble("--env " + printable(name) + ": there is no such variable here; give " +
                    printable(name) + "=VALUE or leave it out");
    variables[name] = found->second;
  }
  for (const auto& [name, value] : options.set) variables[name] = value;
  return variables;
}

Described describe_job(const JobOptions& options, const Caller& caller) {
  Described job;
  if (options.file) job.spec = load_job_file(*options.file);
  config::JobSpec& spec = job.spec;
  take_commands(options, spec);
  take_place(options, caller, spec);
  job.own = own_environment(options.environment, caller, std::move(spec.environment));
  job.inherits = spec.inherit_environment.value_or(true) && !options.environment.clear;
  spec.environment = job.own;
  if (job.inherits) spec.environment.merge(inherited_environment(caller));
  spec.inherit_environment = false;
  take_process_options(options, caller, spec);
  take_terminal(options, caller, spec);
  take_stopping(options.stopping, spec);
  take_lifetime(options, spec);
  take_restart(options.restart, spec);
  require_text(spec);
  return job;
}

config::JobSpec job_spec(const JobOptions& options, const Caller& caller) {
  return describe_job(options, caller).spec;
}

config::Stopping stopping_of(const StoppingOptions& options) {
  config::Stopping stopping;
  stopping.signal = options.signal;
  stopping.grace = options.grace;
  if (options.whom) stopping.whom = config::parse<config::Whom>(*options.whom);
  if (options.leftovers) stopping.leftovers = config::parse<config::Leftovers>(*options.leftovers);
  return stopping;
}

}  // namespace coppice::cli
