// Our own directory in one place: making it, and switching controllers on for what is below.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "cgroup/controllers.h"

namespace coppice::cgroup {

struct Home {
  // The directory in which ours is, and ours.
  UniqueFd place;
  UniqueFd directory;
  std::string path;
  // Its name in `place`.
  std::string entry;
  bool made = false;
  // For people: where it is, and by what right.
  std::string ground;
  std::vector<std::string> controllers;
  std::vector<MissingController> missing;
  // What we switched on in `place`, and whom we moved out of it.
  std::vector<std::string> enabled_above;
  std::vector<pid_t> moved;
};

inline constexpr char kLeaf[] = "supervisor";

// Makes `entry` in `place`, or takes the one that is there if `may_exist`. `problem` says why not.
std::optional<Home> settle(const std::string& place, const std::string& entry, bool may_exist, std::string& problem);

// Switches on what is available of cpu, io, memory and pids, above and in our directory, which is in `place`. Controllers
// need a place without processes: those of `own_processes` that are in it are moved into the leaf.
void enable_controllers(Home& home, const std::string& place, const std::vector<pid_t>& own_processes);

// Undoes both. Our slices and pens must be gone. False if our directory is still in use.
bool leave(Home& home);

}  // namespace coppice::cgroup
