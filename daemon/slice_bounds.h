// What is set for a slice, and stays when no job is left in it.
#pragma once

#include <cstdint>
#include <optional>

#include "config/limits.h"

namespace coppice::daemon {

struct SliceBounds {
  // So many of its jobs have a place at once.
  std::optional<std::int64_t> max_jobs;
  // For all of its jobs together: of those that controllers enforce.
  config::Limits limits;

  bool none() const { return !max_jobs && config::unlimited(limits); }
};

}  // namespace coppice::daemon
