// coppice-keeper: the parent of every job. Small on purpose: see README.md.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/version.h"
#include "process/keeper/loop.h"
#include "process/keeper/supervisor_child.h"

namespace {

using namespace coppice;

constexpr char kUsage[] =
    "usage: coppice-keeper [--restarts COUNT] [--quick MS] [--rescue PATH] [--watchdog MS] --supervisor PROGRAM -- [ARGUMENT...]\n"
    "       coppice-keeper --attach DESCRIPTOR\n"
    "       coppice-keeper --reads-handover VERSION\n"
    "coppiced starts this program; it is not meant to be run by hand. When so many supervisors in a row\n"
    "die within MS of their start (10, 10000), it waits at PATH for one that connects. One that is\n"
    "silent for the MS of --watchdog, though it had given signs of life, is ended. With --attach it serves whoever\n"
    "holds the other end of a SOCK_SEQPACKET pair, as tests do. With --reads-handover it ends with 0 if\n"
    "it can go on after a keeper that writes that version, else with 1.\n";

constexpr int kUsageError = 2;

struct Arguments {
  std::string supervisor;
  std::vector<std::string> words;
  std::optional<unsigned> attach;
  std::optional<unsigned> resume;
  process::SupervisionRules rules;
  process::OwnProgram own;
};

std::optional<unsigned> number(const char* text) {
  unsigned value = 0;
  const char* end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value > INT_MAX) return std::nullopt;
  return value;
}

// Takes the options that have a value and come first; false if a value is bad.
bool take_options(int& at, int argc, char** argv, Arguments& arguments) {
  for (; at + 1 < argc; at += 2) {
    const std::string_view option = argv[at];
    const char* const value = argv[at + 1];
    if (option == "--rescue") {
      arguments.rules.rescue_path = value;
    } else if (option == "--restarts") {
      const auto count = number(value);
      if (!count || *count == 0) return false;
      arguments.rules.restarts = *count;
    } else if (option == "--quick") {
      const auto quick = number(value);
      if (!quick) return false;
      arguments.rules.quick = std::chrono::milliseconds(*quick);
    } else if (option == "--watchdog") {
      const auto silence = number(value);
      if (!silence || *silence == 0) return false;
      arguments.rules.watchdog = std::chrono::milliseconds(*silence);
    } else if (option == "--resume") {
      arguments.resume = number(value);
      if (!arguments.resume) return false;
      continue;  // not for the next time
    } else {
      return true;
    }
    arguments.own.arguments.insert(arguments.own.arguments.end(), argv + at, argv + at + 2);
  }
  return true;
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  arguments.own.path = process::own_path();
  int at = 1;
  arguments.own.arguments.push_back(argc > 0 ? argv[0] : "coppice-keeper");
  if (!take_options(at, argc, argv, arguments)) return std::nullopt;
  arguments.own.arguments.insert(arguments.own.arguments.end(), argv + at, argv + argc);
  const std::string_view mode = at < argc ? argv[at] : "";
  if (mode == "--attach" && at + 2 == argc) {
    arguments.attach = number(argv[at + 1]);
    if (!arguments.attach) return std::nullopt;
    return arguments;
  }
  if (mode != "--supervisor" || at + 2 >= argc || std::string_view(argv[at + 2]) != "--") return std::nullopt;
  arguments.supervisor = argv[at + 1];
  arguments.words.push_back(arguments.supervisor);
  arguments.words.insert(arguments.words.end(), argv + at + 3, argv + argc);
  return arguments;
}

// A child starts with default dispositions, and CLONE_CLEAR_SIGHAND leaves what is ignored as it is. The
// raw call, because the C library's refuses signals 32 and 33, which a parent (Bazel's) may ignore.
void reset_signals() {
  constexpr std::size_t kSetSize = 8;
  // The kernel's struct sigaction; all zero is SIG_DFL, no flags and an empty mask.
  constexpr unsigned long kDefault[4] = {};
  for (int signal = 1; signal < NSIG; ++signal)
    ::syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kSetSize);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

// What jobs get back is what we were started with; nothing if that did not change.
std::optional<rlimit> raise_descriptor_limit() {
  rlimit before{};
  if (::getrlimit(RLIMIT_NOFILE, &before) != 0 || before.rlim_cur == before.rlim_max)
    return std::nullopt;
  rlimit raised = before;
  raised.rlim_cur = raised.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) return std::nullopt;
  return before;
}

int keep(const Arguments& arguments) {
  reset_signals();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  process::LoopStart start;
  start.rules = arguments.rules;
  start.own = arguments.own;
  start.program.path = arguments.supervisor;
  start.program.arguments = arguments.words;
  start.program.watchdog = arguments.rules.watchdog;
  if (arguments.resume) {
    start.resumed = process::resume_from(static_cast<int>(*arguments.resume));
    // Without its tables there are still the children: the supervisor can have them adopted.
    if (!start.resumed) start.resumed.emplace();
    start.descriptor_limit = start.resumed->descriptor_limit;
  } else if (arguments.attach) {
    start.first.socket = UniqueFd(static_cast<int>(*arguments.attach));
  } else {
    start.first = process::start_supervisor(start.program, process::Life::first);
  }
  if (!arguments.resume) start.descriptor_limit = raise_descriptor_limit();
  start.program.descriptor_limit = start.descriptor_limit;
  process::Loop loop(std::move(start));
  return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::printf("coppice-keeper %s\n", kVersion);
    return 0;
  }
  if (argc == 3 && std::string_view(argv[1]) == "--reads-handover") {
    const auto version = number(argv[2]);
    return version && process::reads_handover(*version) ? 0 : 1;
  }
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return kUsageError;
  }
  int code = 1;
  try {
    code = keep(*arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "coppice-keeper: %s\n", error.what());
  }
  std::fflush(nullptr);
  // Spawners may be held up in the kernel for ever: nobody waits for them.
  ::_exit(code);
}
