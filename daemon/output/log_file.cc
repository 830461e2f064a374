#include "daemon/output/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coppice::daemon {
namespace {

// What one splice moves at most. It is more than any pipe of ours holds.
constexpr std::size_t kPiece = 1 << 20;

ssize_t splice_piece(int pipe, int to, off64_t* offset, std::size_t max) {
  ssize_t moved;
  do {
    moved = ::splice(pipe, nullptr, to, offset, std::min(max, kPiece),
                     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (moved < 0 && errno == EINTR);
  return moved;
}

int create_directory(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace

LogFile::LogFile(std::string directory, std::string name, int null_device)
    : directory_(std::move(directory)), name_(std::move(name)), null_device_(null_device) {}

LogFile::Pipe LogFile::take(int pipe, std::size_t max) {
  while (max > 0) {
    const bool kept = usable();
    off64_t offset = static_cast<off64_t>(size_);
    const ssize_t moved = kept ? splice_piece(pipe, file_.get(), &offset, max)
                               : splice_piece(pipe, null_device_, nullptr, max);
    if (moved == 0) return Pipe::ended;
    if (moved < 0) {
      const int error = errno;
      if (error == EAGAIN) return Pipe::empty;
      // Nothing left the pipe; the same bytes are discarded in the next round.
      if (kept) {
        fail(error);
        continue;
      }
      return Pipe::ended;
    }
    (kept ? size_ : discarded_) += static_cast<std::uint64_t>(moved);
    max -= static_cast<std::size_t>(moved);
  }
  return Pipe::has_more;
}

bool LogFile::create() {
  if (created_) return true;
  if (error_ != 0) return false;
  if (const int error = create_directory(directory_)) {
    fail(error);
    return false;
  }
  int fd;
  do {
    fd = ::open(path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    fail(errno);
    return false;
  }
  file_.reset(fd);
  created_ = true;
  return true;
}

void LogFile::fail(int error) {
  error_ = error;
  close();
}

void LogFile::close() {
  if (!file_) return;
  // Network file systems tell only here that something was not written.
  if (::close(file_.release()) != 0 && errno != EINTR && error_ == 0) error_ = errno;
}

void LogFile::remove() {
  close();
  if (error_ == 0) error_ = ECANCELED;
  if (!created_) return;
  // Neither may be ours to report: somebody else may have tidied up, or put something beside it.
  static_cast<void>(::unlink(path().c_str()));
  static_cast<void>(::rmdir(directory_.c_str()));
}

}  // namespace coppice::daemon
