// Killing a flat tree in a bare loop, from the decision until the group is really empty.
#pragma once

#include <string>

#include "bench/floor/place.h"
#include "bench/series.h"

namespace coppice::bench {

enum class KillWay {
  // cgroup.kill alone
  kill,
  // cgroup.freeze, then cgroup.kill at once
  freeze_and_kill,
  // as before, but once the group says that it is frozen
  frozen_then_kill,
};

// Emptiness is looked for every 20 µs. `grove` is the program of grove.cc. The calling process must
// have no other children: it reaps all it has. Throws std::system_error.
Series run_kills(KillWay way, const Place& place, const std::string& grove, int members, int repeats);

}  // namespace coppice::bench
