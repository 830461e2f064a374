// How many jobs can be live here at once.
#pragma once

#include <string>
#include <vector>

namespace coppice::bench {

struct Levels {
  std::vector<int> jobs;
  // Why not all that were wanted are there; empty if they are.
  std::string stopped;
};

// Descriptors of an idle job in the keeper, and as many in the supervisor, once there are hundreds.
constexpr long kWithLog = 2;
constexpr long kWithoutLog = 1;

// Those of `wanted` that the limits of descriptors and of process ids have room for and, where they have none for a
// larger one, what they do have room for. Leaves others on the machine enough to go on.
Levels within_room(const std::vector<int>& wanted, long descriptors_of_job);

}  // namespace coppice::bench
