#include "cgroup/mount_points.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/errno_text.h"
#include "cgroup/places.h"

namespace coppice::cgroup {
namespace {

constexpr char kMounts[] = "/proc/thread-self/mountinfo";

std::string read_again(int file) {
  std::string text;
  std::array<char, 16384> part;
  if (::lseek(file, 0, SEEK_SET) != 0) throw errno_error("read", kMounts, errno);
  while (true) {
    const ssize_t got = ::read(file, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw errno_error("read", kMounts, errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

std::vector<std::string> points(const std::vector<Mount>& mounts) {
  std::vector<std::string> list;
  for (const Mount& mount : mounts) list.push_back(mount.point);
  return list;
}

}  // namespace

// proc_pid_mountinfo(5): each change is reported once.
bool MountPoints::outdated() const {
  pollfd change{file_.get(), POLLPRI, 0};
  return ::poll(&change, 1, 0) != 0;
}

void MountPoints::refresh() {
  if (file_ && !outdated()) return;
  UniqueFd file = std::move(file_);
  if (!file) file = UniqueFd(::open(kMounts, O_RDONLY | O_CLOEXEC));
  if (!file) throw errno_error("open", kMounts, errno);
  const std::string text = read_again(file.get());
  unified_ = points(cgroup2_mounts(text));
  legacy_ = points(cgroup1_mounts(text));
  // Only now: after a failure all is read again.
  file_ = std::move(file);
}

}  // namespace coppice::cgroup
