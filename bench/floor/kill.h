// Killing a tree in a bare loop, from the decision until the group is really empty.
#pragma once

#include <string>

#include "bench/floor/place.h"
#include "bench/series.h"

namespace coppice::bench {

// What grove.cc grows: `shape` is flat, chain or bomb.
struct Tree {
  std::string grove;
  std::string shape;
  int members = 1;
};

enum class KillWay {
  // cgroup.kill alone
  kill,
  // cgroup.freeze, then cgroup.kill at once
  freeze_and_kill,
  // as before, but once the group says that it is frozen
  frozen_then_kill,
  // the descendants that /proc tells of, again until it tells of none (proc_kill.h)
  by_proc,
};

struct Felled {
  Micros time{0};
  // Alive after the way was gone to its end; they are gone now.
  int survivors = 0;
};

// Grows one and kills it. Emptiness is looked for every 20 µs. Throws std::system_error.
Felled fell_tree(KillWay way, const Place& place, const Tree& tree);

}  // namespace coppice::bench
