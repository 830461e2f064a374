// What `run --detach` and `start` share.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/commands.h"

namespace coppice::cli {

// The specification as JSON, without streams and lifetime. Variables that had to be left out are told on
// standard error.
nlohmann::json spec_object(const JobOptions& options);

// Starts a job that outlives this program, its output going to the log, and prints its id.
int start_detached(const Context& context, const JobOptions& options);

}  // namespace coppice::cli
