// The directory that one daemon at a time keeps its things in.
#pragma once

#include <sys/types.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace coppice::daemon {

// Another daemon has it.
class StateInUse : public std::runtime_error {
 public:
  StateInUse(const std::string& what, UniqueFd file, pid_t holder)
      : std::runtime_error(what), file_(std::make_shared<UniqueFd>(std::move(file))), holder_(holder) {}
  // The lock file, open, and the process that it names; 0 if it names none.
  int file() const { return file_->get(); }
  pid_t holder() const { return holder_; }

 private:
  std::shared_ptr<UniqueFd> file_;
  pid_t holder_;
};

// Made if missing, and locked for as long as this lives.
class StateDirectory {
 public:
  // `lock`: what an earlier supervisor of the same keeper had, if there was one. Throws StateInUse, std::runtime_error that says
  // why it cannot be used.
  StateDirectory(const std::string& path, UniqueFd lock);

  // Whether somebody has the directory of that path now.
  static bool in_use(const std::string& path);

  const std::string& path() const { return path_; }
  // Borrowed, to be held by the keeper: whoever has it owns the directory.
  int lock() const { return lock_.get(); }
  // Below it, one directory for each job that has output, live or in the history.
  std::string jobs() const { return path_ + "/jobs"; }
  std::string book() const { return path_ + "/register"; }
  // A word that no other state directory of this system has, for the name of our cgroup.
  std::string fingerprint() const;

 private:
  static std::string lock_of(const std::string& path) { return path + "/lock"; }
  void take_lock();

  std::string path_;
  UniqueFd lock_;
};

}  // namespace coppice::daemon
