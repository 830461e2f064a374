// One file of the register.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/unique_fd.h"

namespace coppice::daemon {

// A file that is no segment, or is of a version that this program does not know.
class SegmentRefused : public std::exception {
 public:
  explicit SegmentRefused(std::string what, bool newer) : what_(std::move(what)), newer_(newer) {}
  const char* what() const noexcept override { return what_.c_str(); }
  // It was written by a later program; not damaged.
  bool newer() const { return newer_; }

 private:
  std::string what_;
  bool newer_;
};

class RegisterSegment {
 public:
  // Set aside on the disk for each.
  static constexpr std::uint64_t kSize = 4 << 20;
  // What of that is for records that cannot be refused.
  static constexpr std::uint64_t kSpare = 256 << 10;

  // Makes the file, which must not be there. Throws std::system_error (ENOSPC: there is no room for kSize).
  static RegisterSegment create(std::string path, const std::string& boot);
  // Opens one for reading and appending. Throws SegmentRefused, std::system_error.
  static RegisterSegment open(std::string path);

  const std::string& path() const { return path_; }
  const std::string& boot() const { return boot_; }
  std::uint64_t size() const { return size_; }

  // Calls `each` with every whole record, in order. False if the bytes behind the last whole one are more than a
  // death in the middle of a write can leave, or if `each` refused one (returned false); either way they are
  // cut off, and the next append goes there.
  bool replay(const std::function<bool(std::span<const std::uint8_t>)>& each);

  // Throws std::system_error; then the file is as it was.
  void append(std::span<const std::uint8_t> record);

 private:
  RegisterSegment(std::string path, UniqueFd file);

  std::string path_;
  UniqueFd file_;
  std::string boot_;
  std::uint64_t size_ = 0;
};

}  // namespace coppice::daemon
