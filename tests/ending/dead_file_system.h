// A file system of the test's own that stops answering: a process that reads its one file sleeps in the kernel
// and cannot be killed.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace coppice::support {

// A FUSE mount without a library: it serves one file, `path()`, whose reads are taken and never answered.
class DeadFileSystem {
 public:
  // Mounts at the empty directory. missing() says why it could not.
  explicit DeadFileSystem(const std::string& directory);
  // Unmounts, which ends whoever sleeps in it.
  ~DeadFileSystem();
  DeadFileSystem(const DeadFileSystem&) = delete;
  DeadFileSystem& operator=(const DeadFileSystem&) = delete;

  const std::string& missing() const { return missing_; }
  std::string path() const { return directory_ + "/file"; }
  // A read has been taken: whoever made it cannot be killed from now on.
  bool holds_a_read() const { return holds_; }
  // Everybody who sleeps in it gets an error and goes on.
  void let_go();

 private:
  void serve();

  std::string directory_;
  std::string missing_;
  UniqueFd device_;
  UniqueFd end_;
  std::atomic<bool> holds_{false};
  bool mounted_ = false;
  std::thread thread_;
};

}  // namespace coppice::support
