// coppice-keeper: the parent of every job. Small on purpose: see README.md.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "process/keeper/loop.h"
#include "process/keeper/supervisor_child.h"

namespace {

using namespace coppice;

constexpr char kUsage[] =
    "usage: coppice-keeper --supervisor PROGRAM -- [ARGUMENT...]\n"
    "       coppice-keeper --attach DESCRIPTOR\n"
    "coppiced starts this program; it is not meant to be run by hand. With --attach it serves whoever\n"
    "holds the other end of a SOCK_SEQPACKET pair, as tests do.\n";

constexpr int kUsageError = 2;

struct Arguments {
  std::string supervisor;
  std::vector<std::string> words;
  std::optional<int> attach;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "--attach" && argc == 3) {
    int fd = -1;
    const char* end = argv[2] + std::strlen(argv[2]);
    const auto parsed = std::from_chars(argv[2], end, fd);
    if (parsed.ec != std::errc() || parsed.ptr != end || fd < 0) return std::nullopt;
    arguments.attach = fd;
    return arguments;
  }
  if (mode != "--supervisor" || argc < 4 || std::string_view(argv[3]) != "--") return std::nullopt;
  arguments.supervisor = argv[2];
  arguments.words.push_back(arguments.supervisor);
  arguments.words.insert(arguments.words.end(), argv + 4, argv + argc);
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
  process::SupervisorChild supervisor;
  if (arguments.attach) {
    supervisor.socket = UniqueFd(*arguments.attach);
  } else {
    supervisor = process::start_supervisor(arguments.supervisor, arguments.words);
  }
  const auto descriptor_limit = raise_descriptor_limit();
  process::Loop loop(std::move(supervisor.socket), supervisor.pid, std::move(supervisor.pidfd),
                     descriptor_limit);
  return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::printf("coppice-keeper %s\n", kVersion);
    return 0;
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
