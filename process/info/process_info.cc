#include "process/info/process_info.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "process/info/children.h"
#include "process/info/proc_files.h"

namespace coppice::process {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kStatMax = 4096;
constexpr std::size_t kEnvironmentMax = 8 * 1024 * 1024;

microseconds since_clock_began(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::duration_cast<microseconds>(std::chrono::seconds(now.tv_sec) +
                                                  std::chrono::nanoseconds(now.tv_nsec));
}

std::chrono::sys_time<microseconds> time_of(std::uint64_t ticks) {
  static const long ticks_a_second = ::sysconf(_SC_CLK_TCK);
  const auto second = static_cast<std::uint64_t>(ticks_a_second > 0 ? ticks_a_second : 100);
  const microseconds boot = since_clock_began(CLOCK_REALTIME) - since_clock_began(CLOCK_BOOTTIME);
  return std::chrono::sys_time<microseconds>(boot + microseconds(ticks * 1'000'000 / second));
}

template <typename Number>
bool parse(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

// `PID (COMM) STATE PARENT …`, where COMM may hold blanks and brackets. Field 20 is the number of threads, 22 the start time.
bool parse_stat(std::string_view text, ProcessInfo& info, std::string_view& comm) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open) return false;
  comm = text.substr(open + 1, close - open - 1);
  std::string_view rest = text.substr(close + 1);
  const std::string_view state = next_word(rest, " ");
  if (state.empty() || !parse(next_word(rest, " "), info.parent)) return false;
  info.state = state[0];
  const auto skip = [&rest](int fields) {
    for (; fields > 0; --fields) static_cast<void>(next_word(rest, " "));  // not for us
  };
  skip(15);
  if (!parse(next_word(rest, " "), info.threads)) return false;
  skip(1);
  return parse(next_word(rest, " "), info.start_ticks);
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    arguments.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return arguments;
}

// Everything but the command line, for which `[comm]` stands.
std::optional<ProcessInfo> read_status(int directory, pid_t pid) {
  struct stat owner {};
  const auto stat = read_below(directory, "stat", kStatMax);
  ProcessInfo info;
  info.pid = pid;
  std::string_view comm;
  if (!stat || !parse_stat(*stat, info, comm) || ::fstat(directory, &owner) != 0) return std::nullopt;
  info.user = owner.st_uid;
  info.started_at = time_of(info.start_ticks);
  info.command_line.push_back("[" + std::string(comm) + "]");
  return info;
}

}  // namespace

std::optional<ProcessInfo> read_process(pid_t pid) {
  auto visit = visit_process(pid, Look::alone);
  if (!visit) return std::nullopt;
  return std::move(visit->info);
}

std::optional<Visit> visit_process(pid_t pid, Look look) {
  const UniqueFd directory = open_process(pid);
  if (!directory) return std::nullopt;
  auto info = read_status(directory.get(), pid);
  if (!info) return std::nullopt;
  if (const auto line = read_below(directory.get(), "cmdline", kCommandLineMax); line && !line->empty())
    info->command_line = split_arguments(*line);
  Visit visit{std::move(*info)};
  if (look == Look::with_children) append_children(directory.get(), pid, visit.info.threads, visit.children);
  return visit;
}

std::optional<ProcessInfo> read_process_briefly(pid_t pid) {
  const UniqueFd directory = open_process(pid);
  return directory ? read_status(directory.get(), pid) : std::nullopt;
}

std::optional<std::string> read_wait_channel(pid_t pid) {
  const UniqueFd directory = open_process(pid);
  if (!directory) return std::nullopt;
  auto name = read_below(directory.get(), "wchan", 256);
  if (!name || name->empty() || *name == "0") return std::nullopt;
  return name;
}

std::optional<std::string> read_environment_value(pid_t pid, std::string_view name) {
  const UniqueFd directory = open_process(pid);
  if (!directory) return std::nullopt;
  const auto environment = read_below(directory.get(), "environ", kEnvironmentMax);
  if (!environment) return std::nullopt;
  std::string_view rest(*environment);
  for (std::string_view entry; !(entry = next_word(rest, std::string_view("\0", 1))).empty();)
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return std::string(entry.substr(name.size() + 1));
  return std::nullopt;
}

}  // namespace coppice::process
