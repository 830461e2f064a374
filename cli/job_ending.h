// How a job ended, for whoever was with it to the end: run and attach.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/commands.h"

namespace coppice::cli {

// Says what the exit code does not say, and answers that code. `job` and `result` are as the API has them;
// with --json they are told as one object, on standard error, since standard output is the job's.
int tell_ending(const Context& context, bool quiet, const nlohmann::json& job, const nlohmann::json& result);

}  // namespace coppice::cli
