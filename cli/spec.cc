#include "cli/spec.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "cli/terminal.h"
#include "cli/trouble.h"
#include "cli/utf8.h"
#include "config/names.h"

namespace coppice::cli {
namespace {

void require_utf8(const std::string& what, const std::string& text) {
  if (is_utf8(text)) return;
  std::string shown;
  for (const char c : text) shown += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  throw Trouble(what + " is not UTF-8: \"" + printable(shown) +
                "\"; this version passes text only, so put the bytes into a file or a script");
}

// Its name only: a name is told, a value may be a secret.
std::string name_of_entry(const std::string& entry) { return entry.substr(0, entry.find('=')); }

std::map<std::string, std::string> variables_of(const Caller& caller) {
  std::map<std::string, std::string> variables;
  for (const std::string& entry : caller.environment) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    // Of two entries for a name getenv(3) finds the first, and so shall the job.
    variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
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
std::string base_directory(const JobOptions& options, const Caller& caller) {
  return options.root ? "/" : caller.directory;
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
  spec.input = stream_of("--input", options.input, base);
  spec.output = stream_of("--output", options.output, base);
  spec.error = stream_of("--error", options.error, base);
  for (auto* stream : {&spec.output, &spec.error})
    if (options.append && *stream && (*stream)->kind == config::Stream::Kind::file) (*stream)->append = true;
}

void take_process_options(const JobOptions& options, const Caller& caller, config::JobSpec& spec) {
  spec.user = options.user;
  spec.group = options.group;
  spec.supplementary_groups = options.supplementary_groups;
  spec.oom_score_adjust = options.oom_score_adjust;
  if (options.root) spec.root_directory = absolute("--root", *options.root, caller.directory);
  spec.umask = options.umask.value_or(caller.umask);
  // Only what differs from the daemon's usual: a lower value than the daemon's needs privileges.
  if (options.nice || caller.nice != 0) spec.nice = options.nice.value_or(caller.nice);
  if (options.no_new_privileges) spec.no_new_privileges = true;
  for (const RlimitOption& limit : options.rlimits)
    spec.limits.rlimits[limit.name] = config::Rlimit{limit.soft, limit.hard};
}

void require_text(const config::JobSpec& spec) {
  const auto& argv = spec.commands.front().argv;
  for (std::size_t index = 0; index < argv.size(); ++index)
    require_utf8(index == 0 ? "the program's name" : "argument " + std::to_string(index), argv[index]);
  for (const auto& [key, value] : spec.labels) require_utf8("--label", key + "=" + value);
  const std::pair<const char*, const std::optional<std::string>*> texts[] = {
      {"--name", &spec.name}, {"--slice", &spec.slice}, {"--user", &spec.user},
      {"--group", &spec.group}};
  for (const auto& [option, text] : texts)
    if (*text) require_utf8(option, **text);
  if (spec.working_directory && !is_utf8(*spec.working_directory))
    require_utf8("the job's directory", *spec.working_directory);
  if (spec.root_directory) require_utf8("--root", *spec.root_directory);
  for (const std::string& group : spec.supplementary_groups.value_or(std::vector<std::string>()))
    require_utf8("--supplementary-group", group);
  const std::pair<const char*, const std::optional<config::Stream>*> streams[] = {
      {"--input", &spec.input}, {"--output", &spec.output}, {"--error", &spec.error}};
  for (const auto& [option, stream] : streams)
    if (*stream && (*stream)->path) require_utf8(option, *(*stream)->path);
  if (spec.base_directory) require_utf8("this directory", *spec.base_directory);
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
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    caller.environment.emplace_back(*entry);
  return caller;
}

std::map<std::string, std::string> job_environment(const EnvironmentOptions& options,
                                                   const Caller& caller,
                                                   std::vector<std::string>& left_out) {
  const std::map<std::string, std::string> here = variables_of(caller);
  std::map<std::string, std::string> variables;
  if (!options.clear)
    for (const auto& [name, value] : here) {
      if (is_utf8(name) && is_utf8(value))
        variables.emplace(name, value);
      else
        left_out.push_back(name_of_entry(name));
    }
  for (const std::string& name : options.keep) {
    const auto found = here.find(name);
    if (found == here.end())
      throw Trouble("--env " + printable(name) + ": there is no such variable here; give " +
                    printable(name) + "=VALUE or leave it out");
    require_utf8("--env " + name, found->second);
    variables[name] = found->second;
  }
  for (const auto& [name, value] : options.set) {
    require_utf8("--env", name + "=" + value);
    variables[name] = value;
  }
  return variables;
}

config::JobSpec job_spec(const JobOptions& options, const Caller& caller,
                         std::vector<std::string>& left_out) {
  config::JobSpec spec;
  config::Command command;
  command.argv = options.command;
  spec.commands.push_back(std::move(command));
  spec.name = options.name;
  spec.slice = options.slice;
  spec.priority = options.priority;
  spec.labels = options.labels;
  const std::string base = base_directory(options, caller);
  const std::string directory = working_directory(options, base);
  if (directory.empty())
    throw Trouble("this directory has been removed: go elsewhere, or give --dir DIRECTORY");
  spec.working_directory = directory;
  spec.base_directory = base.empty() ? directory : base;
  take_streams(options, base, spec);
  spec.environment = job_environment(options.environment, caller, left_out);
  spec.inherit_environment = false;
  take_process_options(options, caller, spec);
  spec.stopping = stopping_of(options.stopping);
  require_text(spec);
  return spec;
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
