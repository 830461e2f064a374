// The directories of ended jobs' logs, one a job, named by its id. May block: for threads that may.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coppice::daemon {

class LogDirectories {
 public:
  explicit LogDirectories(std::string path) : path_(std::move(path)) {}

  // What it takes on the disk; 0 for a job that wrote nothing.
  std::int64_t bytes_of(const std::string& id) const;
  // With all that is in it. What cannot be removed stays for the next sweep.
  void remove(const std::string& id) const;
  // Into the directory `where`, which is made if missing. False if that fails.
  bool move(const std::string& id, const std::string& where) const;
  std::vector<std::string> list() const;

 private:
  std::string path_;
};

}  // namespace coppice::daemon
