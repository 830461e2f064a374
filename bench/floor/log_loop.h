// What keeping a job's output costs at least: pipe → splice → file, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bench/series.h"

namespace coppice::bench {

struct Kept {
  // From the first clone to the last byte in a file and the last exit taken.
  Micros whole{0};
  // CPU of the threads that splice.
  Micros cpu{0};
};

// Runs `jobs` of the program of pour.cc at once, with a pipe of 256 KiB and a file in `directory` for each, `bytes` each,
// shared by `threads` threads that each wait for all of theirs. Removes the files. Throws std::system_error.
Kept keep_output(const std::string& pour, const std::string& directory, int jobs, std::int64_t bytes, int threads);

// Runs the program of chime.cc and, `count` times, gives it a byte and takes the time from the job's write until what it
// wrote was spliced into a file in `directory` and read back.
Series follow_output(const std::string& chime, const std::string& directory, int count);

}  // namespace coppice::bench
