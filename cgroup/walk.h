// Going through the cgroups below a directory, however deep, with one descriptor open at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace coppice::cgroup {

struct Walk {
  // Called in each cgroup below, children before parents. May be empty.
  std::function<void(int directory)> visit;
  // Called after that, back in the parent. May be empty.
  std::function<void(int parent, const char* name)> leave;
};

// Not for `start` itself. What appears or vanishes meanwhile is met or not. Throws std::system_error
// for a shortage; cgroups that cannot be opened are left out, but still left.
void walk_below(int start, const Walk& walk);

// The names of the cgroups right below a directory.
std::vector<std::string> directories_in(int directory);

}  // namespace coppice::cgroup
