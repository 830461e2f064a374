// What is kept of ended jobs.
#pragma once

#include <chrono>
#include <cstdint>

namespace coppice::daemon {

// Beyond any of these the jobs that ended first are forgotten, with their logs.
struct HistoryBounds {
  std::int64_t jobs = 100'000;
  std::chrono::milliseconds age = std::chrono::hours(30 * 24);
  // On the disk: rows and logs.
  std::int64_t bytes = std::int64_t{8} << 30;
};

}  // namespace coppice::daemon
