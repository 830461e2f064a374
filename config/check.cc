#include "config/check.h"

#include <algorithm>
#include <string_view>

#include "config/names.h"
#include "config/pieces.h"

namespace coppice::config {
namespace {

void need(bool sound, const Pieces& field, const Pieces& reason) {
  if (!sound) throw InvalidSpec(field.text(), reason.text());
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

Pieces at(const Pieces& field, std::size_t index) { return field + "[" + index + "]"; }

template <typename Number>
void check_range(const std::optional<Number>& value, Number least, Number most,
                 const Pieces& field) {
  need(!value || (*value >= least && *value <= most), field,
       Pieces("must be from ") + least + " to " + most);
}

void check_duration(const std::optional<Milliseconds>& value, Milliseconds least,
                    const Pieces& field) {
  need(!value || (*value >= least && *value <= cap::kLongest), field,
       Pieces("must be from ") + least.count() + " to " +
           cap::kLongest.count() + " milliseconds");
}

void check_string(std::string_view text, const Pieces& field) {
  need(!has_nul(text), field, "holds a NUL byte, which no argument can");
  need(text.size() < cap::kStringLength, field,
       Pieces("longer than ") + (cap::kStringLength - 1) + " bytes, the kernel's limit");
}

void check_commands(const JobSpec& spec) {
  const Pieces field = "spec.commands";
  need(!spec.commands.empty(), field, "empty: a job needs at least one command");
  need(spec.commands.size() <= cap::kCommands, field,
       Pieces("more than ") + cap::kCommands + " commands");
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    const Command& command = spec.commands[i];
    const Pieces argv = at(field, i) + ".argv";
    need(!command.argv.empty(), argv, "empty: it must hold at least the program");
    need(!command.argv[0].empty(), at(argv, 0), "empty: it must name the program");
    for (std::size_t k = 0; k < command.argv.size(); ++k) check_string(command.argv[k], at(argv, k));
    if (command.argv0) check_string(*command.argv0, at(field, i) + ".argv0");
  }
}

void check_names(const JobSpec& spec) {
  if (spec.name) {
    const std::string fault = name_fault(*spec.name);
    need(fault.empty(), "spec.name", fault);
  }
  if (spec.slice) {
    const std::string fault = slice_fault(*spec.slice);
    need(fault.empty(), "spec.slice", fault);
  }
  need(spec.labels.size() <= cap::kLabels, "spec.labels",
       Pieces("more than ") + cap::kLabels + " labels");
  for (const auto& [key, value] : spec.labels) {
    const std::string fault = name_fault(key);
    need(fault.empty(), Pieces("spec.labels.") + key, fault);
    need(!has_nul(value), Pieces("spec.labels.") + key, "holds a NUL byte");
    need(value.size() <= cap::kLabelValueLength, Pieces("spec.labels.") + key,
         Pieces("longer than ") + cap::kLabelValueLength + " bytes");
  }
}

void check_path(const std::optional<std::string>& path, const Pieces& field) {
  if (!path) return;
  need(!path->empty(), field, "empty");
  need(!has_nul(*path), field, "holds a NUL byte, which no path can");
  need(path->size() <= cap::kPathLength, field,
       Pieces("longer than ") + cap::kPathLength + " bytes");
  need(path->front() == '/', field,
       "relative: give an absolute path, since only the caller knows its own directory");
}

void check_environment(const JobSpec& spec) {
  for (const auto& [name, value] : spec.environment) {
    const Pieces field = Pieces("spec.environment.") + name;
    need(!name.empty(), "spec.environment", "holds an empty name");
    need(name.find('=') == std::string::npos, field, "a name cannot hold '='");
    need(!has_nul(name), field, "a name cannot hold a NUL byte");
    need(!has_nul(value), field, "a value cannot hold a NUL byte");
    need(name.size() + value.size() + 1 < cap::kStringLength, field,
         Pieces("longer than ") + (cap::kStringLength - 1) + " bytes, the kernel's limit");
  }
}

void check_total(const JobSpec& spec) {
  // Each string costs a pointer too; execve(2), "Limits on size of arguments and environment".
  std::size_t total = 0;
  for (const auto& [name, value] : spec.environment)
    total += name.size() + value.size() + 2 + sizeof(char*);
  for (std::size_t i = 0; i < spec.commands.size(); ++i) {
    std::size_t command = total;
    for (const std::string& argument : spec.commands[i].argv)
      command += argument.size() + 1 + sizeof(char*);
    need(command <= cap::kStringsTotal, at("spec.commands", i) + ".argv",
         Pieces("arguments and environment together are over ") + cap::kStringsTotal +
             " bytes, the kernel's limit");
  }
}

void check_account(const std::optional<std::string>& name, const Pieces& field) {
  need(!name || !name->empty(), field, "empty");
  need(!name || !has_nul(*name), field, "holds a NUL byte");
}

void check_credentials(const JobSpec& spec) {
  check_account(spec.user, "spec.user");
  check_account(spec.group, "spec.group");
  if (spec.supplementary_groups) {
    const Pieces field = "spec.supplementaryGroups";
    const auto& groups = *spec.supplementary_groups;
    need(groups.size() <= cap::kSupplementaryGroups, field,
         Pieces("more than ") + cap::kSupplementaryGroups + " groups");
    for (std::size_t i = 0; i < groups.size(); ++i) check_account(groups[i], at(field, i));
  }
  need(!spec.umask || (*spec.umask >= 0 && *spec.umask <= 0777), "spec.umask",
       "must be from 0 to 511 (octal 777)");
  check_range(spec.nice, -20, 19, "spec.nice");
  check_range(spec.oom_score_adjust, -1000, 1000, "spec.oomScoreAdjust");
  // With controllers switched on below, nothing more can be started in the cgroup itself (cgroups(7)).
  need(!spec.delegate.value_or(false) || spec.commands.size() == 1, "spec.delegate",
       "a pipeline shares one cgroup, in which its first command could keep the others from starting: delegate to a "
       "single command, a shell that runs the pipeline perhaps");
}

void check_stream(const std::optional<Stream>& stream, const Pieces& field) {
  if (!stream) return;
  using Kind = Stream::Kind;
  const bool is_fd = stream->kind == Kind::fd;
  const bool is_file = stream->kind == Kind::file;
  need(!is_fd || stream->fd.has_value(), field + ".fd", "missing: kind fd needs a descriptor");
  need(is_fd || !stream->fd, field + ".fd", "only kind fd takes a descriptor");
  need(!stream->fd || *stream->fd >= 0, field + ".fd", "negative: it is an index");
  need(!is_file || stream->path.has_value(), field + ".path", "missing: kind file needs a path");
  need(is_file || !stream->path, field + ".path", "only kind file takes a path");
  check_path(stream->path, field + ".path");
  need(is_file || !stream->append, field + ".append", "only kind file can append");
}

void check_streams(const JobSpec& spec) {
  check_stream(spec.input, "spec.input");
  check_stream(spec.output, "spec.output");
  check_stream(spec.error, "spec.error");
  using Kind = Stream::Kind;
  need(!spec.input || (spec.input->kind != Kind::log && spec.input->kind != Kind::journal),
       "spec.input.kind", "nothing can be read from there");
  need(!spec.input || !spec.input->append, "spec.input.append", "input cannot append");
  const Pieces only_input = "data is for an input: an output is of another kind";
  need(!spec.output || spec.output->kind != Kind::data, "spec.output.kind", only_input);
  need(!spec.error || spec.error->kind != Kind::data, "spec.error.kind", only_input);
  need(!spec.input_data || !spec.input || spec.input->kind == Kind::data, "spec.inputData",
       "give either input or inputData, or an input of kind data");
  need(!spec.bytes_fd, "spec.bytesFd", "what it holds has not been filled in");
  need(!spec.log_max || *spec.log_max >= cap::kLeastLog, "spec.logMax",
       Pieces("must be at least ") + cap::kLeastLog + " bytes");
}

void check_terminal(const JobSpec& spec) {
  const bool terminal = has_terminal(spec);
  if (spec.terminal_size) {
    need(terminal, "spec.terminalSize", "only a job with a terminal takes it: give a stream kind pty");
    check(*spec.terminal_size, "spec.terminalSize");
  }
  // A terminal controls one session, and every command has a session of its own.
  need(!terminal || spec.commands.size() == 1, "spec.commands",
       "a job with a terminal is one command: let a shell join them");
}

void check_rlimits(const Limits& limits, const Pieces& all) {
  need(limits.rlimits.size() <= cap::kRlimits, all,
       Pieces("more than ") + cap::kRlimits + " of them");
  std::vector<int> seen;
  for (const auto& [name, limit] : limits.rlimits) {
    const Pieces field = all + "." + name;
    const std::optional<int> resource = rlimit_resource(name);
    need(resource.has_value(), field, "no such resource: see getrlimit(2) for their names");
    need(std::find(seen.begin(), seen.end(), *resource) == seen.end(), field,
         "the same resource stands there under another name");
    seen.push_back(*resource);
    need(!limit.soft || *limit.soft >= 0, field + ".soft", "negative: leave it out for unlimited");
    need(!limit.hard || *limit.hard >= 0, field + ".hard", "negative: leave it out for unlimited");
    need(!limit.hard || (limit.soft && *limit.soft <= *limit.hard), field + ".soft",
         "above the hard limit");
  }
}

void check_limits(const Limits& limits, const Pieces& where) {
  const Pieces field = where + ".";
  constexpr std::int64_t kMost = INT64_MAX;
  check_range<std::int64_t>(limits.memory_max, 1, kMost, field + "memoryMax");
  check_range<std::int64_t>(limits.memory_high, 1, kMost, field + "memoryHigh");
  need(!limits.cpu_max || (*limits.cpu_max >= cap::kLeastCpus && *limits.cpu_max <= cap::kMostCpus),
       field + "cpuMax", "must be from 0.001 to 1000000 CPUs");
  check_range<std::int64_t>(limits.cpu_weight, 1, 10000, field + "cpuWeight");
  check_range<std::int64_t>(limits.io_weight, 1, 10000, field + "ioWeight");
  check_range<std::int64_t>(limits.processes_max, 1, kMost, field + "processesMax");
  check_duration(limits.wall_time, Milliseconds(1), field + "wallTime");
  check_duration(limits.silence, Milliseconds(1), field + "silence");
  check_duration(limits.cpu_time, Milliseconds(1), field + "cpuTime");
  check_rlimits(limits, field + "rlimits");
}

void check_lifetime(const Lifetime& lifetime) {
  using Bound = Lifetime::Bound;
  const bool process = lifetime.bound == Bound::process;
  const bool lease = lifetime.bound == Bound::lease;
  need(!process || lifetime.fd.has_value(), "spec.lifetime.fd",
       "missing: bound process needs a pidfd");
  need(process || !lifetime.fd, "spec.lifetime.fd", "only bound process takes a pidfd");
  need(!lifetime.fd || *lifetime.fd >= 0, "spec.lifetime.fd", "negative: it is an index");
  need(!lease || lifetime.ttl.has_value(), "spec.lifetime.ttl", "missing: bound lease needs it");
  need(lease || !lifetime.ttl, "spec.lifetime.ttl", "only bound lease takes it");
  check_duration(lifetime.ttl, Milliseconds(1), "spec.lifetime.ttl");
}

void check_restart(const Restart& restart) {
  check_duration(restart.delay, Milliseconds(0), "spec.restart.delay");
  check_duration(restart.max_delay, Milliseconds(0), "spec.restart.maxDelay");
  check_duration(restart.reset_after, Milliseconds(0), "spec.restart.resetAfter");
  check_range<std::int64_t>(restart.max_attempts, 1, INT64_MAX, "spec.restart.maxAttempts");
}

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "a name cannot be empty";
  if (name.size() > cap::kNameLength)
    return "a name has at most " + std::to_string(cap::kNameLength) + " characters";
  if (name[0] == '.' || name[0] == '-') return "a name cannot start with '.' or '-'";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), allowed))
    return "a name holds letters, digits, '_', '.' and '-' only";
  return {};
}

std::string slice_fault(std::string_view slice) {
  for (std::size_t depth = 1;; ++depth) {
    if (depth > cap::kSliceDepth)
      return "a slice has at most " + std::to_string(cap::kSliceDepth) + " names";
    const std::size_t end = slice.find('/');
    const std::string fault = name_fault(slice.substr(0, end));
    if (!fault.empty()) return "a slice is names joined by '/': " + fault;
    if (end == std::string_view::npos) return {};
    slice.remove_prefix(end + 1);
  }
}

bool has_terminal(const JobSpec& spec) {
  const auto is_terminal = [](const std::optional<Stream>& stream) {
    return stream && stream->kind == Stream::Kind::pty;
  };
  return is_terminal(spec.input) || is_terminal(spec.output) || is_terminal(spec.error);
}

void check(const TerminalSize& size, const std::string& field) {
  check_range(std::optional(size.columns), 1, cap::kTerminalColumns, Pieces(field) + (field.empty() ? "columns" : ".columns"));
  check_range(std::optional(size.rows), 1, cap::kTerminalRows, Pieces(field) + (field.empty() ? "rows" : ".rows"));
}

void check(const Stopping& stopping, const std::string& field) {
  need(!stopping.signal || signal_number(*stopping.signal).has_value(), Pieces(field) + ".signal",
       "no such signal");
  check_duration(stopping.grace, Milliseconds(0), Pieces(field) + ".grace");
}

void check(const Limits& limits, const std::string& field) { check_limits(limits, field); }

void check(const JobSpec& spec) {
  check_commands(spec);
  check_names(spec);
  check_path(spec.base_directory, "spec.baseDirectory");
  check_path(spec.working_directory, "spec.workingDirectory");
  check_path(spec.root_directory, "spec.rootDirectory");
  check_environment(spec);
  check_total(spec);
  check_credentials(spec);
  check_streams(spec);
  check_terminal(spec);
  check(spec.limits, "spec.limits");
  if (spec.stopping) check(*spec.stopping, "spec.stopping");
  if (spec.lifetime) check_lifetime(*spec.lifetime);
  if (spec.restart) check_restart(*spec.restart);
}

}  // namespace coppice::config
