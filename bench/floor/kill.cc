#include "bench/floor/kill.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>

#include "base/errno_text.h"
#include "base/unique_fd.h"
#include "bench/floor/proc_kill.h"
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

pid_t plant(int group, const Tree& tree) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  std::string program = tree.grove, count = std::to_string(tree.members), shape = tree.shape;
  char* argv[] = {program.data(), count.data(), shape.data(), nullptr};
  const Child child = clone_and_exec({program.c_str(), argv, group, to.get()});
  const UniqueFd pidfd(child.pidfd);
  to.reset();
  char byte;
  if (::read(from.get(), &byte, 1) != 1) throw errno_error("run", program, ECHILD);
  return child.pid;
}

Micros fell_group(KillWay way, int group) {
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

int members_of(int group) {
  const UniqueFd list = open_in(group, "cgroup.procs", O_RDONLY);
  int members = 0;
  char part[4096];
  for (ssize_t size; (size = ::read(list.get(), part, sizeof part)) > 0;)
    members += static_cast<int>(std::count(part, part + size, '\n'));
  return members;
}

Felled fell(KillWay way, int group, pid_t root) {
  if (way != KillWay::by_proc) return {fell_group(way, group)};
  Felled felled;
  const auto before = Clock::now();
  kill_by_proc(root, group);
  felled.time = Clock::now() - before;
  felled.survivors = members_of(group);
  fell_group(KillWay::frozen_then_kill, group);
  return felled;
}

// All of the tree are of the process group of its root: nobody else's child is taken.
void reap_all(pid_t root) {
  while (::waitpid(-root, nullptr, 0) > 0 || errno == EINTR) {
  }
}

// A tree whose parents die becomes ours to reap.
class Adopting {
 public:
  Adopting() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
    ::prctl(PR_SET_TIMERSLACK, 1L, 0L, 0L, 0L);
  }
  ~Adopting() { ::prctl(PR_SET_CHILD_SUBREAPER, 0L, 0L, 0L, 0L); }
  Adopting(const Adopting&) = delete;
  Adopting& operator=(const Adopting&) = delete;
};

}  // namespace

Felled fell_tree(KillWay way, const Place& place, const Tree& tree) {
  const Adopting adopting;
  const std::string name = "kill";
  if (::mkdirat(place.directory(), name.c_str(), 0755) != 0) throw errno_error("mkdir", name, errno);
  Felled felled;
  {
    const UniqueFd group = open_in(place.directory(), name.c_str(), O_DIRECTORY | O_RDONLY);
    const pid_t root = plant(group.get(), tree);
    felled = fell(way, group.get(), root);
    reap_all(root);
  }
  if (::unlinkat(place.directory(), name.c_str(), AT_REMOVEDIR) != 0) throw errno_error("rmdir", name, errno);
  return felled;
}

}  // namespace coppice::bench
