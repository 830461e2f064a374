// Limits as people read them, and as they say them.
#pragma once

#include <string>

#include "cli/options.h"
#include "config/job_spec.h"

namespace coppice::cli {

// "memory 2.0 GiB, CPUs 0.5, wall time 2.0 s"; empty without any.
std::string limit_words(const config::Limits& limits);

// Those that were given.
config::Limits limits_of(const LimitOptions& options);

}  // namespace coppice::cli
