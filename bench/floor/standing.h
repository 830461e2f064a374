// What idle jobs cost a kernel at least: a program that waits, in a cgroup of its own, for each.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bench/floor/place.h"

namespace coppice::bench {

class Standing {
 public:
  // With a pidfd and the directory of its group held for each. Throws std::system_error.
  Standing(const Place& place, const std::string& program, int count);
  // Ends, reaps and removes them.
  ~Standing();
  Standing(const Standing&) = delete;
  Standing& operator=(const Standing&) = delete;

 private:
  struct One {
    UniqueFd group;
    UniqueFd pidfd;
  };

  void add(const std::string& program);

  const Place& place_;
  std::vector<One> all_;
};

}  // namespace coppice::bench
