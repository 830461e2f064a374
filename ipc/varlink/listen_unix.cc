#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/errno_text.h"
#include "ipc/varlink/socket_address.h"

namespace coppice::varlink {
namespace {

AddressInUse in_use(const Address& address) {
  return AddressInUse("a service listens at " + to_string(address) + " already: stop it, or choose another address");
}

bool same_file(int fd, const std::string& path) {
  struct stat open_file = {}, named = {};
  return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

UniqueFd lock(const Address& address) {
  const std::string path = address.name + ".lock";
  for (;;) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw errno_error("open", path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      if (error == EWOULDBLOCK) throw in_use(address);
      if (error == EINTR) continue;
      throw errno_error("flock", path, error);
    }
    // Its last owner may have removed the file between our two calls; a lock without a name excludes nobody.
    if (same_file(file.get(), path)) return file;
  }
}

// Whether somebody listens; a full queue or a missing right is an answer too.
bool answers(const Address& address) {
  try {
    static_cast<void>(connect_unix(address));
    return true;
  } catch (const std::system_error& error) {
    return error.code() != std::errc::connection_refused &&
           error.code() != std::errc::no_such_file_or_directory;
  }
}

void clear_path(const Address& address) {
  struct stat there = {};
  if (::lstat(address.name.c_str(), &there) != 0) {
    const int error = errno;
    if (error == ENOENT) return;
    throw errno_error("lstat", address.name, error);
  }
  if (!S_ISSOCK(there.st_mode))
    throw AddressInUse("\"" + address.name + "\" is no socket: remove it, or choose another address");
  if (answers(address)) throw in_use(address);
  if (::unlink(address.name.c_str()) != 0 && errno != ENOENT) throw errno_error("unlink", address.name, errno);
}

}  // namespace

SocketFile::SocketFile(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::move(other.lock_)), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::move(other.path_);
  lock_ = std::move(other.lock_);
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

SocketFile::~SocketFile() { remove(); }

void SocketFile::created() {
  struct stat now = {};
  if (::lstat(path_.c_str(), &now) != 0) throw errno_error("lstat", path_, errno);
  device_ = now.st_dev;
  inode_ = now.st_ino;
}

void SocketFile::remove() noexcept {
  if (!lock_) return;
  struct stat now = {};
  // Nobody is told of a failure: what stays is a stale socket, and the next to listen replaces it.
  if (inode_ != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
    static_cast<void>(::unlink(path_.c_str()));
  path_.append(".lock");
  static_cast<void>(::unlink(path_.c_str()));
  lock_.reset();
}

Listening listen_unix(const Address& address, mode_t mode) {
  sockaddr_un name;
  const socklen_t size = socket_address(address, name);
  Listening result;
  if (!address.abstract) {
    result.file = SocketFile(address.name, lock(address));
    clear_path(address);
  }
  result.socket = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!result.socket) throw errno_error("socket", to_string(address), errno);
  if (::bind(result.socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) {
    const int error = errno;
    if (error == EADDRINUSE) throw in_use(address);
    throw errno_error("bind", to_string(address), error);
  }
  if (!address.abstract) {
    result.file.created();
    if (::chmod(address.name.c_str(), mode) != 0) throw errno_error("chmod", address.name, errno);
  }
  if (::listen(result.socket.get(), SOMAXCONN) != 0) throw errno_error("listen", to_string(address), errno);
  return result;
}

}  // namespace coppice::varlink
