// The directory that one daemon at a time keeps its things in.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace coppice::daemon {

// Made if missing, and locked for as long as this lives.
class StateDirectory {
 public:
  // `lock`: what an earlier supervisor of the same keeper had, if there was one. Throws std::runtime_error that says who
  // has the directory, or why it cannot be used.
  StateDirectory(const std::string& path, UniqueFd lock);

  const std::string& path() const { return path_; }
  // Borrowed, to be held by the keeper: whoever has it owns the directory.
  int lock() const { return lock_.get(); }
  // Below it, one directory for each job that has output, live or in the history.
  std::string jobs() const { return path_ + "/jobs"; }
  std::string book() const { return path_ + "/register"; }
  // A word that no other state directory of this system has, for the name of our cgroup.
  std::string fingerprint() const;

 private:
  void take_lock();

  std::string path_;
  UniqueFd lock_;
};

}  // namespace coppice::daemon
