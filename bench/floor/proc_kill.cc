#include "bench/floor/proc_kill.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::bench {
namespace {

constexpr int kPasses = 50;

struct Close {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};

struct Stat {
  pid_t parent = 0;
  char state = 'X';
};

Stat stat_of(int proc, pid_t pid) {
  char path[32], text[512];
  std::snprintf(path, sizeof path, "%d/stat", pid);
  const UniqueFd file(::openat(proc, path, O_RDONLY | O_CLOEXEC));
  const ssize_t size = file ? ::read(file.get(), text, sizeof text - 1) : -1;
  if (size <= 0) return {};
  text[size] = '\0';
  // Behind the name, which may have any character in it.
  const char* behind = std::strrchr(text, ')');
  Stat stat;
  if (!behind || std::sscanf(behind + 1, " %c %d", &stat.state, &stat.parent) != 2) return {};
  return stat;
}

using Children = std::multimap<pid_t, pid_t>;

Children look() {
  const std::unique_ptr<DIR, Close> proc(::opendir("/proc"));
  Children children;
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const Stat stat = stat_of(::dirfd(proc.get()), pid);
    if (stat.state != 'Z' && stat.state != 'X') children.emplace(stat.parent, pid);
  }
  return children;
}

// `root` itself too, if it is there.
std::vector<pid_t> descendants(pid_t root, const Children& children) {
  std::vector<pid_t> all;
  for (const auto& [parent, pid] : children)
    if (pid == root) all.push_back(pid);
  std::vector<pid_t> heads = {root};
  while (!heads.empty()) {
    const auto [first, last] = children.equal_range(heads.back());
    heads.pop_back();
    for (auto child = first; child != last; ++child) {
      all.push_back(child->second);
      heads.push_back(child->second);
    }
  }
  return all;
}

std::unordered_set<pid_t> members_of(int group) {
  const int list = ::openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  const std::unique_ptr<FILE, CloseFile> file(list < 0 ? nullptr : ::fdopen(list, "r"));
  std::unordered_set<pid_t> members;
  for (pid_t pid = 0; file && std::fscanf(file.get(), "%d", &pid) == 1;) members.insert(pid);
  return members;
}

// Nothing if it has ended already.
UniqueFd end(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  return pidfd;
}

void await_ends(const std::vector<UniqueFd>& pidfds) {
  for (const UniqueFd& pidfd : pidfds) {
    // One that had ended already has none, and poll would wait for ever.
    pollfd poll{pidfd.get(), POLLIN, 0};
    if (pidfd) ::poll(&poll, 1, -1);
  }
}

}  // namespace

void kill_by_proc(pid_t root, int group) {
  for (int pass = 0; pass < kPasses; ++pass) {
    const std::vector<pid_t> found = descendants(root, look());
    if (found.empty()) return;
    // A pid that was taken by another since then is not listed here, or is one of the tree again.
    const std::unordered_set<pid_t> members = members_of(group);
    std::vector<UniqueFd> ended;
    for (const pid_t pid : found)
      if (members.count(pid)) ended.push_back(end(pid));
    await_ends(ended);
  }
}

}  // namespace coppice::bench
