// A place of our own in systemd's tree of cgroups, when we were started outside of a unit that delegates one.
//
// Making cgroups in somebody else's unit works until systemd tidies up there; in a scope with Delegate=yes they are ours
// (https://systemd.io/CGROUP_DELEGATION/).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace coppice::daemon {

// systemd runs, and has a manager for this user.
bool systemd_is_there();

struct ScopeRequest {
  // Of the letters of a unit's name: the scope is coppice-NAME.scope, or coppice-NAME-PID.scope where that exists.
  std::string name;
  // Who moves into it: all processes of ours.
  std::vector<pid_t> processes;
  // What ending all jobs may take when the scope is stopped.
  std::chrono::milliseconds stop_bound{};
};

// Asks the system's manager as root, else the user's, and waits until the processes are in the scope; for 5 s at most. Empty, or
// why not.
std::string enter_scope(const ScopeRequest& request);

}  // namespace coppice::daemon
