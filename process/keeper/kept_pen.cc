#include "process/keeper/kept_pen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <utility>

namespace coppice::process {
namespace {

std::string path_of(int directory) {
  const std::string link = "/proc/self/fd/" + std::to_string(directory);
  char path[PATH_MAX];
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size > 0 && size < PATH_MAX ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

bool is(const struct stat& status, dev_t device, ino_t inode) {
  return status.st_dev == device && status.st_ino == inode;
}

}  // namespace

KeptPen::KeptPen(UniqueFd directory) : directory_(std::move(directory)) {}

void KeptPen::rest() {
  struct stat open {}, found {};
  if (!directory_ || ::fstat(directory_.get(), &open) != 0) return;
  std::string path = path_of(directory_.get());
  if (path.empty() || ::lstat(path.c_str(), &found) != 0 || !is(found, open.st_dev, open.st_ino)) return;
  path_ = std::move(path);
  device_ = open.st_dev;
  inode_ = open.st_ino;
  directory_.reset();
}

UniqueFd KeptPen::reopen() const {
  UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!directory || ::fstat(directory.get(), &status) != 0 || !is(status, device_, inode_)) return {};
  return directory;
}

int KeptPen::open() {
  if (!directory_ && !path_.empty()) directory_ = reopen();
  if (directory_) path_.clear();
  return directory_.get();
}

bool KeptPen::kill() const {
  // Not for longer: there may be more of them than descriptors.
  const UniqueFd again = directory_ ? UniqueFd() : reopen();
  const int directory = directory_ ? directory_.get() : again.get();
  const UniqueFd file(directory < 0 ? -1 : ::openat(directory, "cgroup.kill", O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), "1", 1) == 1;
}

void KeptPen::remove() const {
  const UniqueFd again = directory_ ? UniqueFd() : reopen();
  const int directory = directory_ ? directory_.get() : again.get();
  const std::string path = directory < 0 ? std::string() : path_of(directory);
  // Refused when it has members, which is what should happen then.
  if (!path.empty()) static_cast<void>(::rmdir(path.c_str()));
}

}  // namespace coppice::process
