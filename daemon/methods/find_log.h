// Which log a call is about.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "daemon/job.h"

namespace coppice::daemon {

// The log of the job's stream that the parameter `stream` names, output if it is left out. Throws WrongState for a
// stream that is not captured.
std::shared_ptr<Log> find_log(const Job& job, const nlohmann::json& parameters);

}  // namespace coppice::daemon
