// What `run`, `run --detach` and `start` share.
#pragma once

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "cli/commands.h"
#include "config/job_spec.h"

namespace coppice::cli {

// A specification as it is sent: text as JSON; all that may be any bytes, and a big environment, in a memory file that
// goes along as descriptor number `index`, and behind it the pidfd of the `process` that the job is bound to, if it is
// to one. Throws std::system_error for a shortage.
struct SentSpec {
  nlohmann::json json;
  UniqueFd bytes;
  UniqueFd process;

  // Borrowed, in this order.
  std::vector<int> descriptors() const;
};
SentSpec send_as(config::JobSpec spec, UniqueFd process, int index);

// Starts a job that outlives this program and prints its id. Its output goes to the log unless it says otherwise, and
// its input is of kind `input` (null or data) unless it does.
int start_detached(const Context& context, const JobOptions& options, config::Stream::Kind input);

}  // namespace coppice::cli
