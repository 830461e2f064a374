#include "cgroup/home.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_text.h"
#include "cgroup/files.h"

namespace coppice::cgroup {
namespace {

constexpr char kSwitches[] = "cgroup.subtree_control";

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_cgroup2(int directory) {
  struct statfs status {};
  return ::fstatfs(directory, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

// The root of the whole hierarchy alone may hold processes beside controllers.
bool is_real_root(int directory) { return ::faccessat(directory, "cgroup.type", F_OK, 0) != 0; }

std::vector<pid_t> processes_in(int directory) {
  std::string text;
  std::vector<pid_t> pids;
  // Unreadable is as good as empty: the kernel refuses then.
  if (read_file(directory, "cgroup.procs", text) == 0) append_numbers(text, pids);
  return pids;
}

void move_into_leaf(Home& home, const std::vector<pid_t>& own_processes, const std::vector<pid_t>& present) {
  for (const pid_t pid : own_processes) {
    if (std::find(present.begin(), present.end(), pid) == present.end()) continue;
    if (home.moved.empty()) static_cast<void>(::mkdirat(home.directory.get(), kLeaf, 0755));  // the write tells
    const std::string file = std::string(kLeaf) + "/cgroup.procs";
    if (write_file(home.directory.get(), file.c_str(), std::to_string(pid)) == 0) home.moved.push_back(pid);
  }
}

// Empty, or why nothing may be switched on in the place. With processes in it the kernel would refuse some
// controllers, and with others turn it into a threaded domain, in which no pen can be used.
std::string make_room(Home& home, const std::vector<pid_t>& own_processes) {
  if (is_real_root(home.place.get())) return {};
  std::vector<pid_t> present = processes_in(home.place.get());
  if (present.empty()) return {};
  move_into_leaf(home, own_processes, present);
  present = processes_in(home.place.get());
  if (present.empty()) return {};
  return "process " + std::to_string(present.front()) + " is in the cgroup above ours";
}

// Why `name` does not work below ours; empty if it does.
std::string enable(Home& home, const std::string& name, const std::vector<std::string>& on_above,
                   const std::vector<pid_t>& own_processes) {
  const std::string change = "+" + name;
  if (!contains(on_above, name)) {
    if (std::string problem = make_room(home, own_processes); !problem.empty()) return problem;
    if (const int error = write_file(home.place.get(), kSwitches, change))
      return errno_message("enable in the cgroup above ours", name, error);
    home.enabled_above.push_back(name);
  }
  if (const int error = write_file(home.directory.get(), kSwitches, change))
    return errno_message("enable in our cgroup", name, error);
  return {};
}

}  // namespace

std::optional<Home> settle(const std::string& place, const std::string& entry, bool may_exist, std::string& problem) {
  Home home;
  home.path = place + (place.ends_with('/') ? "" : "/") + entry;
  home.entry = entry;
  home.place = open_directory(AT_FDCWD, place.c_str());
  const auto refuse = [&](const char* call, const std::string& subject) {
    problem = errno_message(call, subject, errno);
    if (home.made) static_cast<void>(::unlinkat(home.place.get(), entry.c_str(), AT_REMOVEDIR));
    return std::nullopt;
  };
  if (!home.place) return refuse("open", place);
  if (!is_cgroup2(home.place.get())) {
    problem = "\"" + place + "\" shows no cgroup2 file system";
    return std::nullopt;
  }
  // Who may not write this may make cgroups there and not put a process into them.
  if (::faccessat(home.place.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0)
    return refuse("write", place + "/cgroup.procs");
  home.made = ::mkdirat(home.place.get(), entry.c_str(), 0755) == 0;
  if (!home.made && !(errno == EEXIST && may_exist)) return refuse("mkdir", home.path);
  home.directory = open_directory(home.place.get(), entry.c_str());
  if (!home.directory || ::faccessat(home.directory.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0)
    return refuse("write", home.path + "/cgroup.procs");
  return home;
}

void enable_controllers(Home& home, const std::string& place, const std::vector<pid_t>& own_processes) {
  const auto available = read_words(home.place.get(), "cgroup.controllers");
  const auto on_above = read_words(home.place.get(), kSwitches);
  for (const std::string& name : wanted_controllers()) {
    if (!contains(available, name)) {
      home.missing.push_back(not_offered(name, place));
    } else if (const std::string problem = enable(home, name, on_above, own_processes); !problem.empty()) {
      home.missing.push_back(not_usable(name, problem));
    } else {
      home.controllers.push_back(name);
    }
  }
}

bool leave(Home& home) {
  if (!home.directory) return true;
  for (const std::string& name : home.controllers)
    static_cast<void>(write_file(home.directory.get(), kSwitches, "-" + name));  // removal does as well
  if (!home.moved.empty())
    // Nobody else may be relying on them: before us they were off. Else the processes could not move back.
    for (const std::string& name : home.enabled_above)
      static_cast<void>(write_file(home.place.get(), kSwitches, "-" + name));
  for (const pid_t pid : home.moved)
    static_cast<void>(write_file(home.place.get(), "cgroup.procs", std::to_string(pid)));  // it may have ended
  static_cast<void>(::unlinkat(home.directory.get(), kLeaf, AT_REMOVEDIR));  // what stays keeps ours busy
  if (::unlinkat(home.place.get(), home.entry.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return false;
  home.directory.reset();
  return true;
}

}  // namespace coppice::cgroup
