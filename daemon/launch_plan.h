// From what a client asked for to what the keeper needs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/job_spec.h"
#include "process/keeper_protocol.h"
#include "process/launch.h"

namespace coppice::daemon {

// The variable that every process of a job has in its environment, and its value: the job's id.
inline constexpr char kJobVariable[] = "COPPICE_JOB";

// For command `index` of the spec, which has been checked. `identity` is whom the job runs as; nothing: as the daemon. Looks at
// nothing outside its arguments, but for the daemon's own environment if the spec inherits it.
process::Launch plan_launch(const config::JobSpec& spec, std::size_t index, const std::string& job_id,
                            const std::optional<process::Credentials>& identity);

// Which path a failed step of `launch` concerns; empty if none.
std::string concerned_path(const process::Failed& failed, const process::Launch& launch);

}  // namespace coppice::daemon
