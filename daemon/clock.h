// The wall clock in the interface's unit.
#pragma once

#include <chrono>

#include "config/job.h"

namespace coppice::daemon {

inline config::Time now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace coppice::daemon
