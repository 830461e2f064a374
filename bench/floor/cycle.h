// The bare loops that a job is compared with: start a program that ends at once, and take its end.
#pragma once

#include <string>
#include <vector>

#include "bench/floor/place.h"
#include "bench/series.h"

namespace coppice::bench {

enum class Cycle {
  // S0: posix_spawn, waitid
  posix_spawn,
  // S1: clone3 vfork-style, waitid
  clone,
  // S3: mkdir of a group, open, clone3 into it, exec, poll of the pidfd, waitid, rmdir
  pen,
  // S5: S3 with an output pipe that is read to its end
  pen_with_pipe,
};

// `count` cycles shared by one thread for each core, each bound to its core. Throws std::system_error.
Series run_cycles(Cycle cycle, const Place& place, const std::string& program, int count,
                  const std::vector<int>& cores);

}  // namespace coppice::bench
