// A control group of our own in which the bare loops make theirs.
#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace coppice::bench {

class Place {
 public:
  // A directory with a random name where this process may create groups: below its own group, else at the root of
  // the cgroup2 mount. Throws std::system_error when neither can be had.
  Place();
  // Ends what is left in it, one level deep, and removes it.
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // Kills every process in it, and waits for none.
  void end_all() const;

  int directory() const { return directory_.get(); }
  const std::string& path() const { return path_; }

 private:
  bool remove() const;

  std::string path_;
  UniqueFd directory_;
};

}  // namespace coppice::bench
