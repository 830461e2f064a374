// Where cgroups show, kept up to date.
//
// The kernel says whether anything has been mounted since the last look, which costs a system call; only then is the
// list read again, which takes as long as there are mounts, but waits for no file system. One thread.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::cgroup {

class MountPoints {
 public:
  // Throws std::system_error for a shortage, and for want of /proc.
  void refresh();

  // As of the last refresh(), in the order of mounting. Some may be covered by later mounts.
  const std::vector<std::string>& unified() const { return unified_; }
  const std::vector<std::string>& legacy() const { return legacy_; }

 private:
  bool outdated() const;

  UniqueFd file_;
  std::vector<std::string> unified_;
  std::vector<std::string> legacy_;
};

}  // namespace coppice::cgroup
