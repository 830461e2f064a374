// The daemon as a whole: makes its parts, serves until told to end, ends every job.
#pragma once

#include "base/unique_fd.h"
#include "daemon/options.h"

namespace coppice::daemon {

// Serves until SIGTERM, SIGINT, the loss of the keeper, or idleness. Returns the exit status of coppiced.
// `keeper` is the socket that the keeper left for us. Throws what refuses the start, with a sentence for people.
int run_supervisor(const Options& options, UniqueFd keeper);

}  // namespace coppice::daemon
