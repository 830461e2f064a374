#include "cgroup/controllers.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "cgroup/files.h"

namespace coppice::cgroup {
namespace {

constexpr char kDelegate[] =
    "run coppiced as a systemd service with Delegate=yes, or in a scope: systemd-run --user --scope -p Delegate=yes "
    "coppiced";

// /proc/cgroups has the names of v1.
std::string_view old_name(std::string_view name) { return name == "io" ? "blkio" : name; }

bool has_word(const std::string& directory, const char* file, const std::string& word) {
  const UniqueFd fd = open_directory(AT_FDCWD, directory.c_str());
  if (!fd) return false;
  const auto words = read_words(fd.get(), file);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_cgroup2(const std::string& directory) {
  struct statfs status {};
  return ::statfs(directory.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

// "" above the root of the mount.
std::string directory_above(const std::string& directory) {
  const auto slash = directory.rfind('/');
  if (slash == std::string::npos || slash == 0) return "";
  std::string above = directory.substr(0, slash);
  return is_cgroup2(above) ? above : "";
}

// The lowest cgroup above `place` that has the controller, and does not pass it on; "" if none has it.
std::string withholder(const std::string& name, const std::string& place) {
  for (std::string above = directory_above(place); !above.empty(); above = directory_above(above))
    if (has_word(above, "cgroup.controllers", name)) return above;
  return "";
}

MissingController withheld(const std::string& name, const std::string& by) {
  return {name, "the cgroup \"" + by + "\" has it and does not pass it on",
          "who manages that cgroup must: write +" + name + " to " + by + "/cgroup.subtree_control, or where systemd does, " +
              kDelegate + "; for users, as root: systemctl edit user@.service, and there Delegate=cpu io memory pids"};
}

MissingController not_in_kernel(const std::string& name, const std::optional<KernelController>& kernel) {
  if (kernel && !kernel->enabled)
    return {name, "it was switched off when the kernel was booted",
            "boot without cgroup_disable=" + std::string(old_name(name)) + ", and where the firmware adds that, with cgroup_enable=" +
                std::string(old_name(name))};
  if (kernel && kernel->hierarchy != 0)
    return {name, "a cgroup v1 hierarchy has it, and only one hierarchy can",
            "boot with systemd.unified_cgroup_hierarchy=1, or with cgroup_no_v1=" + std::string(old_name(name))};
  if (kernel)
    return {name, "it is not passed into this container",
            "start the container with a cgroup namespace of its own, a writable /sys/fs/cgroup and all controllers"};
  return {name, "the kernel does not offer it here", "run a kernel that was built with it, outside of containers that hide it"};
}

}  // namespace

const std::vector<std::string>& wanted_controllers() {
  static const std::vector<std::string> names = {"cpu", "io", "memory", "pids"};
  return names;
}

std::optional<KernelController> find_controller(std::string_view proc_cgroups, std::string_view name) {
  const std::string_view wanted = old_name(name);
  for (std::size_t at = 0; at < proc_cgroups.size();) {
    const std::string line(proc_cgroups.substr(at, proc_cgroups.find('\n', at) - at));
    at += line.size() + 1;
    char found[64];
    int hierarchy = 0;
    int cgroups = 0;
    int enabled = 0;
    if (std::sscanf(line.c_str(), "%63s %d %d %d", found, &hierarchy, &cgroups, &enabled) == 4 && found == wanted)
      return KernelController{hierarchy, enabled != 0};
  }
  return std::nullopt;
}

MissingController not_offered(const std::string& name, const std::string& place) {
  if (const std::string by = withholder(name, place); !by.empty()) return withheld(name, by);
  std::string text;
  // Unreadable is as good as empty: less is told then.
  static_cast<void>(read_file(AT_FDCWD, "/proc/cgroups", text));
  return not_in_kernel(name, find_controller(text, name));
}

MissingController not_usable(const std::string& name, const std::string& problem) { return {name, problem, kDelegate}; }

}  // namespace coppice::cgroup
