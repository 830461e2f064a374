#include "daemon/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "base/errno_text.h"
#include "config/places.h"

namespace coppice::daemon {
namespace {

std::string read_holder(int lock) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(lock, text.data(), text.size() - 1, 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "unknown";
}

void write_holder(int lock) {
  const std::string pid = std::to_string(::getpid());
  // Only for the message of another daemon; the lock itself is what counts.
  static_cast<void>(::ftruncate(lock, 0) == 0 && ::pwrite(lock, pid.data(), pid.size(), 0) > 0);
}

}  // namespace

StateDirectory::StateDirectory(const std::string& path, UniqueFd lock) : path_(path), lock_(std::move(lock)) {
  try {
    config::make_private_directory(path_);
  } catch (const std::exception& error) {
    throw std::runtime_error("the state directory cannot be used: " + std::string(error.what()) +
                             "; name another with --state");
  }
  if (!lock_) take_lock();
  write_holder(lock_.get());
  config::make_private_directory(jobs());
}

bool StateDirectory::in_use(const std::string& path) {
  const UniqueFd lock(::open(lock_of(path).c_str(), O_RDONLY | O_CLOEXEC));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void StateDirectory::take_lock() {
  const std::string lock = lock_of(path_);
  lock_ = UniqueFd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) throw std::runtime_error(errno_message("open", lock, errno) + "; name another directory with --state");
  while (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw errno_error("lock", lock, errno);
    const std::string holder = read_holder(lock_.get());
    throw StateInUse("the state directory \"" + path_ + "\" is in use by another coppiced (pid " + holder +
                         "); end that one, or name another with --state",
                     std::move(lock_), static_cast<pid_t>(std::strtol(holder.c_str(), nullptr, 10)));
  }
}

std::string StateDirectory::fingerprint() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) throw errno_error("stat", path_, errno);
  std::ostringstream text;
  text << std::hex << status.st_dev << '-' << status.st_ino;
  return text.str();
}

}  // namespace coppice::daemon
