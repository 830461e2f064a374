// Ways out of a pen for who is root: by every file that moves a process, wherever one can be reached.
//
// Each way is tried by a process of its own, in mounts of its own: nothing of what it mounts or unmounts shows anywhere.
// It moves nobody but itself, and nowhere but to the cgroup that the test has made for that.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "tests/escape/programs/tree.h"

namespace escapee {
namespace {

struct Mount {
  std::string point;
  std::string type;
};

std::vector<Mount> cgroup_mounts() {
  std::vector<Mount> mounts;
  std::ifstream table("/proc/self/mounts");
  for (std::string device, point, type, rest; table >> device >> point >> type && std::getline(table, rest);)
    if (type == "cgroup2" || type == "cgroup") mounts.push_back({point, type});
  return mounts;
}

bool enter(const std::string& cgroup) {
  const int fd = ::open((cgroup + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool moved = ::write(fd, "0", 1) == 1;
  ::close(fd);
  return moved;
}

bool join(const std::string& process, const char* name, int type) {
  const int fd = ::open(("/proc/" + process + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  const bool joined = fd >= 0 && ::setns(fd, type) == 0;
  if (fd >= 0) ::close(fd);
  return joined;
}

// Whoever is outside with all its namespaces: the keeper, and the machine's first process.
std::vector<std::string> outsiders() { return {std::to_string(::getppid()), "1"}; }

struct Target {
  // The directory of the test's cgroup, as it is seen outside.
  std::string path;
  // Where that is below the root of its file system.
  std::string below;
  std::vector<std::string> outside;
  std::vector<Mount> mounts;
};

bool through_mounts(const Target& target) { return enter(target.path); }

bool remount(const Target& target) {
  for (const Mount& mount : target.mounts)
    static_cast<void>(::mount(nullptr, mount.point.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr));
  return enter(target.path);
}

// What is on top goes, and what is below becomes writable again.
bool dig(const Target& target) {
  for (const Mount& mount : target.mounts) {
    if (mount.type != "cgroup2") continue;
    static_cast<void>(::umount2(mount.point.c_str(), MNT_DETACH));
    static_cast<void>(::mount(nullptr, mount.point.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr));
    if (enter(target.path)) return true;
  }
  return false;
}

// A directory that nobody else sees: on a file system that ends with this process's mounts.
bool mount_afresh(const Target& target) {
  const std::string point = "/tmp";
  if (::mount("none", point.c_str(), "cgroup2", 0, nullptr) != 0) return false;
  return enter(point + target.below);
}

bool mount_afresh_in_another_namespace(const Target& target) {
  return ::unshare(CLONE_NEWCGROUP) == 0 && mount_afresh(target);
}

bool mount_afresh_in_an_outer_namespace(const Target& target) {
  for (const std::string& outsider : target.outside)
    if (join(outsider, "cgroup", CLONE_NEWCGROUP) && mount_afresh(target)) return true;
  return false;
}

bool through_roots(const Target& target) {
  for (const std::string& outsider : target.outside)
    if (enter("/proc/" + outsider + "/root" + target.path)) return true;
  return false;
}

bool through_roots_in_an_outer_namespace(const Target& target) {
  for (const std::string& outsider : target.outside)
    if (join(outsider, "cgroup", CLONE_NEWCGROUP) && enter("/proc/" + outsider + "/root" + target.path)) return true;
  return false;
}

bool join_mounts(const Target& target) {
  for (const std::string& outsider : target.outside)
    if (join(outsider, "mnt", CLONE_NEWNS) && enter(target.path)) return true;
  return false;
}

bool join_all(const Target& target) {
  for (const std::string& outsider : target.outside)
    if (join(outsider, "cgroup", CLONE_NEWCGROUP) && join(outsider, "mnt", CLONE_NEWNS) && enter(target.path)) return true;
  return false;
}

const std::map<std::string, bool (*)(const Target&)> kWays = {
    {"through_mounts", through_mounts},
    {"remount", remount},
    {"dig", dig},
    {"mount_afresh", mount_afresh},
    {"mount_afresh_in_another_namespace", mount_afresh_in_another_namespace},
    {"mount_afresh_in_an_outer_namespace", mount_afresh_in_an_outer_namespace},
    {"through_roots", through_roots},
    {"through_roots_in_an_outer_namespace", through_roots_in_an_outer_namespace},
    {"join_mounts", join_mounts},
    {"join_all", join_all},
};

// Opens, and writes nothing: those that could be written to.
std::vector<std::string> writable_files(const std::vector<Mount>& mounts) {
  std::vector<std::string> writable;
  for (const Mount& mount : mounts) {
    std::error_code error;
    using Walk = std::filesystem::recursive_directory_iterator;
    for (Walk at(mount.point, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename();
      if (name != "cgroup.procs" && name != "cgroup.threads" && name != "tasks" && name != "release_agent") continue;
      const int fd = ::open(at->path().c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0) continue;
      writable.push_back(at->path());
      ::close(fd);
    }
  }
  return writable;
}

}  // namespace

// Writes "out WAY PID" for each that has got out and "writable FILE" for each file, and is ready then.
void leave(const std::string& ready, const std::string& elsewhere, const std::string& below) {
  const Target target{elsewhere, below, outsiders(), cgroup_mounts()};
  std::string report;
  for (const std::string& file : writable_files(target.mounts)) report += "writable " + file + "\n";
  for (const auto& [name, way] : kWays) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) give_up("pipe");
    const pid_t pid = branch([&, way = way] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        give_up("have mounts of its own");
      const char out = way(target) ? 'o' : 'i';
      if (::write(ends[1], &out, 1) != 1) give_up("report");
      ::close(ends[1]);
    });
    ::close(ends[1]);
    char out = 'i';
    if (::read(ends[0], &out, 1) == 1 && out == 'o') report += "out " + name + " " + std::to_string(pid) + "\n";
    ::close(ends[0]);
  }
  std::ofstream(ready + ".report") << report;
  stand(ready);
  linger();
}

namespace {

// An orphan outside of its pen, which `way` leads to; the main process ends when the test says so.
void orphan(const std::string& ready, bool (*way)(const Target&), const Target& target, bool traceless) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!way(target)) std::_Exit(1);
    ::setsid();
    if (::fork() == 0) {
      std::ofstream(ready + ".report") << "out orphan " << ::getpid() << std::endl;
      const std::string line = ": > " + ready + "; exec sleep 1000";
      const char* const nothing[] = {nullptr};
      const char* const words[] = {"sh", "-c", line.c_str(), nullptr};
      ::execve("/bin/sh", const_cast<char**>(words), traceless ? const_cast<char**>(nothing) : environ);
      give_up("execute");
    }
    while (::access(ready.c_str(), F_OK) != 0) ::usleep(1000);
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::_Exit(1);
  while (::access((ready + ".go").c_str(), F_OK) != 0) ::usleep(1000);
  std::_Exit(0);
}

}  // namespace

void leave_and_end(const std::string& ready, const std::string& elsewhere, const std::string& below) {
  orphan(ready, join_all, {elsewhere, below, outsiders(), cgroup_mounts()}, false);
}

// All that tells of the job is the mounts that it has.
void leave_without_a_trace(const std::string& ready, const std::string& elsewhere, const std::string& below) {
  orphan(ready, through_roots_in_an_outer_namespace, {elsewhere, below, outsiders(), cgroup_mounts()}, true);
}

}  // namespace escapee
