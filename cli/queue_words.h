// Why a job waits.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ipc/varlink/client.h"

namespace coppice::cli {

// "build (01J9ZQ…) is queued: slice ci runs 4 jobs of at most 4, and 12 others wait". Asks for the slices above the
// job's from the outermost on, and tells of the first that is full. Throws as calls do.
std::string queue_words(varlink::Client& client, const nlohmann::json& job);

}  // namespace coppice::cli
