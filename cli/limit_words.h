// Limits as people read them.
#pragma once

#include <string>

#include "config/job_spec.h"

namespace coppice::cli {

// Those that end a job: "wall time 2.0 s, silence 30.0 s"; empty without any.
std::string limit_words(const config::Limits& limits);

}  // namespace coppice::cli
