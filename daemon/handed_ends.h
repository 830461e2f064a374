// Streams of kind `pipe`: the job gets one end, who started it the other.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/unique_fd.h"
#include "config/job_spec.h"
#include "daemon/streams.h"

namespace coppice::daemon {

// The client's ends; none for a stream of another kind. Blocking, close-on-exec. They are the request's, not the job's:
// whoever gives up the request drops them, and nothing of them is kept once they are sent.
struct HandedEnds {
  UniqueFd input;
  UniqueFd output;
  UniqueFd error;
};

// Makes a pipe for each stream of kind pipe, and puts the job's end to what was passed. Throws std::system_error for a
// shortage.
HandedEnds make_pipes(const config::JobSpec& spec, PassedStreams& passed);

// The descriptors to send with a reply, and in `reply` the index of each.
std::vector<UniqueFd> hand_over(HandedEnds ends, nlohmann::json& reply);

}  // namespace coppice::daemon
