// The limits that the kernel's controllers enforce, on a pen or a slice.
//
// Which file of which controller a limit is written to stands here and nowhere else. Memory and swap are bounded
// together: with memoryMax the swap of cgroup2, which is counted apart, is set to none.
#pragma once

#include <string>
#include <vector>

#include "cgroup/controllers.h"
#include "cgroup/group.h"
#include "config/job_spec.h"

namespace coppice::cgroup {

// One value for one interface file.
struct LimitWrite {
  // What must come of it.
  enum class Need {
    always,
    // The file is missing where there is no swap at all.
    if_swap,
    // Of those of a limit that are of this kind, one is enough.
    one_of,
  };
  // A field of config::Limits: "memoryMax".
  std::string limit;
  std::string controller;
  const char* file;
  std::string value;
  Need need = Need::always;
};

// Of those that are set and that controllers enforce. Expects limits that config/check.h lets pass.
std::vector<LimitWrite> limit_writes(const config::Limits& limits);

// What puts those of these names back to the kernel's default. Other names are passed over.
std::vector<LimitWrite> lift_writes(const std::vector<std::string>& names);

// A limit that does not hold.
struct UnmetLimit {
  std::string limit;
  // A sentence without a full stop: the file, the controller, and who must do what.
  std::string reason;
};

// Those whose controller is missing, each limit once. Without looking at any cgroup.
std::vector<UnmetLimit> unavailable(const std::vector<LimitWrite>& writes, const std::vector<MissingController>& missing);

// Writes what it can and tells what could not be, each limit once; controllers that are `missing` are not tried. Nothing
// is written to a group that has been removed, and nothing is unmet then. Of a group with processes the kernel may
// take a while to get memory back from them: then not for a thread that others wait for.
std::vector<UnmetLimit> write_limits(Group& group, const std::vector<LimitWrite>& writes,
                                     const std::vector<MissingController>& missing);

}  // namespace coppice::cgroup
