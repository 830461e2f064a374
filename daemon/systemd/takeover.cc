#include "daemon/systemd/takeover.h"

#include <dirent.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace coppice::daemon {
namespace {

constexpr std::uint64_t kHeardBound = 5'000'000;  // µs

bool same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool has_open(pid_t pid, const struct stat& file) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return false;
  while (const dirent* entry = ::readdir(directory.get())) {
    struct stat status {};
    if (::stat((path + "/" + entry->d_name).c_str(), &status) == 0 && same_file(status, file)) return true;
  }
  return false;
}

pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("PPid:")) return static_cast<pid_t>(std::strtol(line.c_str() + 5, nullptr, 10));
  return 0;
}

// Empty outside of any. `find`: sd_pid_get_unit or its like for units of users.
std::string unit_of(pid_t pid, int (*find)(pid_t, char**)) {
  char* unit = nullptr;
  if (find(pid, &unit) < 0) return {};
  std::string name(unit);
  ::free(unit);
  return name;
}

bool in_our_unit(pid_t pid) {
  const std::string own = unit_of(0, ::sd_pid_get_unit);
  return !own.empty() && own == unit_of(pid, ::sd_pid_get_unit) &&
         unit_of(0, ::sd_pid_get_user_unit) == unit_of(pid, ::sd_pid_get_user_unit);
}

}  // namespace

std::optional<pid_t> find_living_keeper(pid_t named, int lock_file) {
  struct stat file {};
  if (named <= 1 || ::fstat(lock_file, &file) != 0 || !has_open(named, file)) return std::nullopt;
  // A supervisor's parent is its keeper and has the lock too. One that is about to become the keeper has none any more.
  const pid_t parent = parent_of(named);
  const pid_t keeper = parent > 1 && has_open(parent, file) ? parent : named;
  if (!in_our_unit(keeper)) return std::nullopt;
  return keeper;
}

bool name_main_process(pid_t keeper) {
  const std::string message = "READY=1\nMAINPID=" + std::to_string(keeper);
  // In the name of our own keeper, which is the main process so far, as far as we may.
  if (::sd_pid_notify(::getppid(), 0, message.c_str()) <= 0) return false;
  // Before this process ends: then it is not the main one any more.
  return ::sd_notify_barrier(0, kHeardBound) > 0;
}

}  // namespace coppice::daemon
