#include "bench/floor/place.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/errno_text.h"

namespace coppice::bench {
namespace {

std::string mount_point() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, point, type;
    if (words >> device >> point >> type && type == "cgroup2") return point;
  }
  throw errno_error("find cgroup2", "/proc/self/mounts", ENOENT);
}

std::string own_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.rfind("0::", 0) == 0) return line.substr(3);
  return "/";
}

}  // namespace

Place::Place() {
  const std::string mount = mount_point();
  const std::string name = "/coppice-bench-" + std::to_string(std::random_device{}());
  int error = 0;
  for (const std::string& parent : {mount + own_group(), mount}) {
    path_ = parent + name;
    if (::mkdir(path_.c_str(), 0755) == 0) {
      directory_.reset(::open(path_.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
      if (!directory_) throw errno_error("open", path_, errno);
      return;
    }
    error = errno;
  }
  throw errno_error("mkdir", path_, error);
}

void Place::end_all() const {
  const UniqueFd kill(::openat(directory_.get(), "cgroup.kill", O_WRONLY | O_CLOEXEC));
  // Without cgroup.kill what lives there goes on; then the directory stays, too.
  const bool asked = ::write(kill.get(), "1", 1) == 1;
  static_cast<void>(asked);
}

// Only what a loop that failed has left is there; it gets a second.
Place::~Place() {
  end_all();
  for (int attempt = 0; attempt < 1000 && !remove(); ++attempt) ::poll(nullptr, 0, 1);
}

bool Place::remove() const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored))
    if (entry.is_directory(ignored)) ::rmdir(entry.path().c_str());
  return ::rmdir(path_.c_str()) == 0;
}

}  // namespace coppice::bench
