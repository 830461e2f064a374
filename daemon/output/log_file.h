// The file behind one log. Every method runs on the writing thread, except the constructor and path().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace coppice::daemon {

// Neither the directory nor the file exists before the first byte (most jobs write nothing). The file
// is made exclusively with mode 0600 and written by splice(2) at an explicit offset only: bytes are
// never in our memory, and O_APPEND would be EINVAL.
//
// When the file cannot be made or written (a full disk, EIO, no descriptor left), what was written
// stays and everything after it is discarded and counted: a log is always a prefix of the stream.
class LogFile {
 public:
  // `null_device` is borrowed and must outlive this. The parent of `directory` must exist.
  LogFile(std::string directory, std::string name, int null_device);

  enum class Pipe { has_more, empty, ended };
  // Moves at most `max` bytes out of the pipe. has_more: `max` was reached. empty: a writer is left.
  Pipe take(int pipe, std::size_t max);

  // Makes the file if nothing has come yet. False if it cannot be made; then error() says why.
  bool create();

  // No more will be written. What the file system says on close counts as an error of the log.
  void close();

  // Removes the file, and the directory if nothing else is in it.
  void remove();

  // Bytes in the file, and bytes that were discarded.
  std::uint64_t size() const { return size_; }
  std::uint64_t discarded() const { return discarded_; }
  // errno of the failure after which output was discarded; 0 if there was none.
  int error() const { return error_; }

  std::string path() const { return directory_ + "/" + name_; }

 private:
  bool usable() { return error_ == 0 && (file_ || create()); }
  void fail(int error);

  std::string directory_;
  std::string name_;
  int null_device_;
  UniqueFd file_;
  bool created_ = false;
  int error_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t discarded_ = 0;
};

}  // namespace coppice::daemon
