// What `run`, `run --detach` and `start` share.
#pragma once

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "cli/commands.h"
#include "config/job_spec.h"

namespace coppice::cli {

// A specification as it is sent: text as JSON; all that may be any bytes, and a big environment, in a memory file that
// goes along as descriptor number `index`. Throws std::system_error for a shortage.
struct SentSpec {
  nlohmann::json json;
  UniqueFd bytes;
};
SentSpec send_as(config::JobSpec spec, int index);

// Starts a job that outlives this program, its output going to the log unless it says otherwise, and prints its id.
int start_detached(const Context& context, const JobOptions& options);

}  // namespace coppice::cli
