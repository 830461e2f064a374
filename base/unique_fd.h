// Owner of one file descriptor.
//
// Closes it once, when destroyed or replaced. close(2) is never retried after EINTR: on Linux the
// descriptor is gone even then, and a retry could close a stranger's (close(2), NOTES).
#pragma once

#include <unistd.h>

#include <utility>

namespace coppice {

class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  // Takes ownership; a negative value owns nothing.
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  // Gives ownership away.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  // Keeps errno, so that a caller may report the failure that made it give up.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace coppice
