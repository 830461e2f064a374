#include "tests/crash/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::crash {
namespace {

std::string filling(const std::string& path) { return path + "/filling"; }

}  // namespace

std::string hide_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return errno_message("unshare", "mounts", errno);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno_message("mount", "/", errno);
  return "";
}

SmallDisk::SmallDisk(std::string path, std::size_t size) : path_(std::move(path)) {
  std::filesystem::create_directories(path_);
  const std::string options = "mode=0700,size=" + std::to_string(size);
  if (::mount("none", path_.c_str(), "tmpfs", 0, options.c_str()) != 0) throw errno_error("mount", path_, errno);
}

SmallDisk::~SmallDisk() {
  while (::umount2(path_.c_str(), MNT_DETACH) == 0) {
  }
}

void SmallDisk::fill() {
  const UniqueFd file(::open(filling(path_).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw errno_error("open", filling(path_), errno);
  const std::vector<char> piece(4096);
  while (::write(file.get(), piece.data(), piece.size()) > 0) {
  }
  if (errno != ENOSPC) throw errno_error("write", filling(path_), errno);
}

void SmallDisk::clear() { std::filesystem::remove(filling(path_)); }

void SmallDisk::set_read_only(bool read_only) {
  if (!read_only) {
    if (::umount2(path_.c_str(), MNT_DETACH) != 0) throw errno_error("unmount", path_, errno);
    return;
  }
  constexpr unsigned long kReadOnlyView = MS_BIND | MS_REMOUNT | MS_RDONLY;
  if (::mount(path_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
      ::mount(nullptr, path_.c_str(), nullptr, kReadOnlyView, nullptr) != 0)
    throw errno_error("mount", path_, errno);
}

}  // namespace coppice::crash
