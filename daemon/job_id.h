// The name of a job: 26 characters that sort by start time (a ULID: 48 bits of milliseconds since
// the epoch, 80 bits of randomness, in Crockford's base 32).
#pragma once

#include <string>

#include "config/job.h"

namespace coppice::daemon {

// Ids made by one process sort in the order in which they were made, also within a millisecond and
// when the clock steps back. One thread.
class JobIds {
 public:
  // Reads the kernel's random source; throws std::system_error if that fails.
  JobIds();
  std::string make(config::Time now);

 private:
  void reseed();

  std::uint64_t last_time_ = 0;
  std::uint64_t high_ = 0;  // 16 bits
  std::uint64_t low_ = 0;   // 64 bits
};

}  // namespace coppice::daemon
