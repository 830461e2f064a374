// Names of the kernel's numbers: signals and resource limits.
#include <sys/resource.h>

#include <array>
#include <charconv>
#include <csignal>

#include "config/names.h"

namespace coppice::config {
namespace {

struct Named {
  std::string_view name;
  int number;
};

constexpr std::array kSignals = std::to_array<Named>({
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},     {"ILL", SIGILL},
    {"TRAP", SIGTRAP},     {"ABRT", SIGABRT}, {"BUS", SIGBUS},       {"FPE", SIGFPE},
    {"KILL", SIGKILL},     {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE},     {"ALRM", SIGALRM}, {"TERM", SIGTERM},     {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD},     {"CONT", SIGCONT}, {"STOP", SIGSTOP},     {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},       {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},         {"PWR", SIGPWR},   {"SYS", SIGSYS},
    // Other names of the same numbers: understood, never written.
    {"IOT", SIGABRT},      {"POLL", SIGIO},   {"CLD", SIGCHLD},
});

constexpr std::array kResources = std::to_array<Named>({
    {"CPU", RLIMIT_CPU},
    {"FSIZE", RLIMIT_FSIZE},
    {"DATA", RLIMIT_DATA},
    {"STACK", RLIMIT_STACK},
    {"CORE", RLIMIT_CORE},
    {"RSS", RLIMIT_RSS},
    {"NPROC", RLIMIT_NPROC},
    {"NOFILE", RLIMIT_NOFILE},
    {"MEMLOCK", RLIMIT_MEMLOCK},
    {"AS", RLIMIT_AS},
    {"LOCKS", RLIMIT_LOCKS},
    {"SIGPENDING", RLIMIT_SIGPENDING},
    {"MSGQUEUE", RLIMIT_MSGQUEUE},
    {"NICE", RLIMIT_NICE},
    {"RTPRIO", RLIMIT_RTPRIO},
    {"RTTIME", RLIMIT_RTTIME},
});
static_assert(kResources.size() == RLIM_NLIMITS);

// Without regard to the locale.
std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::optional<int> decimal(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Table>
std::optional<int> number_of(const Table& table, std::string_view name) {
  for (const Named& entry : table)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

template <typename Table>
std::string_view name_in(const Table& table, int number) {
  for (const Named& entry : table)
    if (entry.number == number) return entry.name;
  return {};
}

// "RTMIN", "RTMIN+3", "RTMAX-1".
std::optional<int> realtime_signal(std::string_view name) {
  const bool from_below = name.starts_with("RTMIN");
  if (!from_below && !name.starts_with("RTMAX")) return std::nullopt;
  const std::string_view rest = name.substr(5);
  const int base = from_below ? SIGRTMIN : SIGRTMAX;
  if (rest.empty()) return base;
  if (rest[0] != (from_below ? '+' : '-')) return std::nullopt;
  const std::optional<int> step = decimal(rest.substr(1));
  if (!step || *step < 0 || *step > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return from_below ? base + *step : base - *step;
}

}  // namespace

std::optional<int> signal_number(std::string_view text) {
  if (const std::optional<int> number = decimal(text)) {
    // The two or three below SIGRTMIN are the C library's own.
    const bool exists = !name_in(kSignals, *number).empty() ||
                        (*number >= SIGRTMIN && *number <= SIGRTMAX);
    return exists ? number : std::nullopt;
  }
  const std::string name = upper(text);
  std::string_view bare = name;
  if (bare.starts_with("SIG")) bare.remove_prefix(3);
  if (const std::optional<int> number = number_of(kSignals, bare)) return number;
  return realtime_signal(bare);
}

std::string signal_name(int number) {
  const std::string_view name = name_in(kSignals, number);
  if (!name.empty()) return "SIG" + std::string(name);
  if (number == SIGRTMIN) return "SIGRTMIN";
  if (number > SIGRTMIN && number <= SIGRTMAX)
    return "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
  return "signal " + std::to_string(number);
}

std::optional<int> rlimit_resource(std::string_view text) {
  const std::string name = upper(text);
  std::string_view bare = name;
  if (bare.starts_with("RLIMIT_")) bare.remove_prefix(7);
  return number_of(kResources, bare);
}

std::string rlimit_name(int resource) {
  const std::string_view name = name_in(kResources, resource);
  if (name.empty()) return "resource " + std::to_string(resource);
  return "RLIMIT_" + std::string(name);
}

}  // namespace coppice::config
