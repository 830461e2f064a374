// Looking at processes, descriptors and cgroups from outside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::support {

constexpr std::chrono::seconds kDeadline{60};

// Looks until `condition` holds; false when the deadline has passed.
bool eventually(const std::function<bool()>& condition);

std::string read_text(const std::string& path);
bool exists(const std::string& path);

// A word that no other test uses.
std::string random_word();

struct Watched {
  pid_t pid = 0;
  UniqueFd pidfd;
  bool alive() const;
};

// Every process with `entry` ("NAME=value") in its environment, those included whose main thread is gone.
std::vector<Watched> marked(const std::string& entry);

// Children of `parent` that nobody has reaped.
std::vector<pid_t> zombies_of(pid_t parent);
std::vector<pid_t> children_of(pid_t parent);
std::size_t descriptors_of(pid_t pid);

// The root of the mount of cgroup2; empty if there is none.
std::string cgroup_mount();
// The directory of the cgroup of a process.
std::string cgroup_of(pid_t pid);

}  // namespace coppice::support
