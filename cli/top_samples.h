// What jobs use, from two looks at what they have used.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/top_view.h"
#include "config/job.h"

namespace coppice::cli {

class TopSamples {
 public:
  using Clock = std::chrono::steady_clock;

  // The jobs as they are at `at`, which is `now` in microseconds since the epoch: all of them, in place of those of the
  // last look. A figure that takes two looks is absent for a job that is seen for the first time, unless it was
  // started since the last one.
  std::vector<TopEntry> take(const std::vector<config::Job>& jobs, Clock::time_point at, std::int64_t now);

 private:
  struct Seen {
    config::Usage usage;
    // Each attempt is counted from nothing.
    int attempt = 1;
  };

  std::map<std::string, Seen> seen_;
  std::optional<Clock::time_point> at_;
};

}  // namespace coppice::cli
