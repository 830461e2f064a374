#include "tests/escape/programs/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace escapee {
namespace {

std::string cgroup_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, place, type, rest; mounts >> device >> place >> type && std::getline(mounts, rest);)
    if (type == "cgroup2") return place;
  give_up("find cgroup2");
}

}  // namespace

void stand(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) give_up("open the ready file");
  ::close(fd);
}

void linger() {
  for (;;) ::pause();
}

void give_up(const char* step) {
  std::perror(step);
  std::_Exit(1);
}

std::string own_cgroup() {
  std::istringstream lines(read_text("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::")) return cgroup_mount() + line.substr(3);
  give_up("find the own cgroup");
}

void write_text(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) give_up(path.c_str());
  ::close(fd);
}

std::string read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 4096> text;
  const ssize_t size = fd < 0 ? 0 : ::read(fd, text.data(), text.size());
  if (fd >= 0) ::close(fd);
  return {text.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

}  // namespace escapee
