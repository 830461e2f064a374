// The directory that one daemon at a time keeps its things in.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace coppice::daemon {

// Made if missing, and locked for as long as this lives.
class StateDirectory {
 public:
  // Throws std::runtime_error that says who has it, or why it cannot be used.
  explicit StateDirectory(const std::string& path);

  const std::string& path() const { return path_; }
  // Below it, one directory for each job that has output. Emptied at the start: results are kept in
  // memory, and what an earlier life left behind belongs to no job that anybody can name.
  std::string jobs() const { return path_ + "/jobs"; }
  // A word that no other state directory of this system has, for the name of our cgroup.
  std::string fingerprint() const;

 private:
  std::string path_;
  UniqueFd lock_;
};

}  // namespace coppice::daemon
