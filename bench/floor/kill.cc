#include "bench/floor/kill.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string_view>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "bench/floor/raw_clone.h"

namespace coppice::bench {
namespace {

UniqueFd open_in(int group, const char* file, int flags) {
  UniqueFd fd(::openat(group, file, flags | O_CLOEXEC));
  if (!fd) throw errno_error("open", file, errno);
  return fd;
}

void write_one(int fd, const char* file) {
  if (::write(fd, "1", 1) != 1) throw errno_error("write", file, errno);
}

void await_event(int events, std::string_view wanted) {
  const timespec pause{0, 20000};
  for (;;) {
    char text[256];
    const ssize_t size = ::pread(events, text, sizeof text, 0);
    if (size < 0) throw errno_error("read", "cgroup.events", errno);
    if (std::string_view(text, static_cast<std::size_t>(size)).find(wanted) != std::string_view::npos)
      return;
    ::ppoll(nullptr, 0, &pause, nullptr);
  }
}

void plant(int group, const std::string& grove, int members) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  std::string program = grove, count = std::to_string(members);
  char* argv[] = {program.data(), count.data(), nullptr};
  const Child child = clone_and_exec({grove.c_str(), argv, group, to.get()});
  const UniqueFd pidfd(child.pidfd);
  to.reset();
  char byte;
  if (::read(from.get(), &byte, 1) != 1) throw errno_error("run", grove, ECHILD);
}

Micros fell(KillWay way, int group) {
  const UniqueFd events = open_in(group, "cgroup.events", O_RDONLY);
  const UniqueFd freeze = open_in(group, "cgroup.freeze", O_WRONLY);
  const UniqueFd kill = open_in(group, "cgroup.kill", O_WRONLY);
  const auto before = Clock::now();
  if (way != KillWay::kill) write_one(freeze.get(), "cgroup.freeze");
  if (way == KillWay::frozen_then_kill) await_event(events.get(), "frozen 1");
  write_one(kill.get(), "cgroup.kill");
  await_event(events.get(), "populated 0");
  return Clock::now() - before;
}

void reap_all() {
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

}  // namespace

Series run_kills(KillWay way, const Place& place, const std::string& grove, int members,
                 int repeats) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
  ::prctl(PR_SET_TIMERSLACK, 1L, 0L, 0L, 0L);
  Series series;
  for (int i = 0; i < repeats; ++i) {
    const std::string name = "kill-" + std::to_string(i);
    if (::mkdirat(place.directory(), name.c_str(), 0755) != 0) throw errno_error("mkdir", name, errno);
    {
      const UniqueFd group = open_in(place.directory(), name.c_str(), O_DIRECTORY | O_RDONLY);
      plant(group.get(), grove, members);
      series.each.push_back(fell(way, group.get()));
    }
    reap_all();
    if (::unlinkat(place.directory(), name.c_str(), AT_REMOVEDIR) != 0)
      throw errno_error("rmdir", name, errno);
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0L, 0L, 0L, 0L);
  return series;
}

}  // namespace coppice::bench
