#include "bench/floor/cycle.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <thread>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "bench/cores.h"
#include "bench/floor/raw_clone.h"

namespace coppice::bench {
namespace {

void check(bool worked, const char* call, const std::string& subject) {
  if (!worked) throw errno_error(call, subject, errno);
}

void check_exit(const siginfo_t& info, const std::string& program) {
  if (info.si_code != CLD_EXITED || info.si_status != 0) throw errno_error("run", program, ECHILD);
}

void spawn_once(char* const* argv) {
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0], nullptr, nullptr, argv, environ);
  if (error != 0) throw errno_error("posix_spawn", argv[0], error);
  siginfo_t info{};
  check(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) == 0, "waitid", argv[0]);
  check_exit(info, argv[0]);
}

void await_exit(const Child& child, const char* program) {
  const UniqueFd pidfd(child.pidfd);
  pollfd poll{pidfd.get(), POLLIN, 0};
  check(::poll(&poll, 1, -1) == 1, "poll", program);
  siginfo_t info{};
  check(::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) == 0, "waitid", program);
  check_exit(info, program);
}

void clone_once(char* const* argv) { await_exit(clone_and_exec({argv[0], argv}), argv[0]); }

void pen_once(int place, const std::string& name, char* const* argv, bool with_pipe) {
  int ends[2] = {-1, -1};
  if (with_pipe) check(::pipe2(ends, O_CLOEXEC) == 0, "pipe2", "");
  UniqueFd from(ends[0]), to(ends[1]);
  check(::mkdirat(place, name.c_str(), 0755) == 0, "mkdir", name);
  UniqueFd group(::openat(place, name.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  check(static_cast<bool>(group), "open", name);
  const Child child = clone_and_exec({argv[0], argv, group.get(), to.get()});
  to.reset();
  await_exit(child, argv[0]);
  if (with_pipe) {
    char byte;
    check(::read(from.get(), &byte, 1) == 0, "read", "pipe");
  }
  group.reset();
  check(::unlinkat(place, name.c_str(), AT_REMOVEDIR) == 0, "rmdir", name);
}

Series run_on_core(Cycle cycle, int place, const std::string& program, int count, int core) {
  bind_to({core});
  std::string path = program;
  char* argv[] = {path.data(), nullptr};
  Series series;
  series.each.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(core) + "-" + std::to_string(i);
    const auto before = Clock::now();
    switch (cycle) {
      case Cycle::posix_spawn: spawn_once(argv); break;
      case Cycle::clone: clone_once(argv); break;
      case Cycle::pen: pen_once(place, name, argv, false); break;
      case Cycle::pen_with_pipe: pen_once(place, name, argv, true); break;
    }
    series.each.push_back(Clock::now() - before);
  }
  return series;
}

}  // namespace

Series run_cycles(Cycle cycle, const Place& place, const std::string& program, int count,
                  const std::vector<int>& cores) {
  std::vector<Series> parts(cores.size());
  std::vector<std::exception_ptr> failures(cores.size());
  std::vector<std::thread> threads;
  const int share = count / static_cast<int>(cores.size());
  const auto before = Clock::now();
  for (std::size_t i = 0; i < cores.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        parts[i] = run_on_core(cycle, place.directory(), program, share, cores[i]);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Micros whole = Clock::now() - before;
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return merged(parts, whole);
}

}  // namespace coppice::bench
