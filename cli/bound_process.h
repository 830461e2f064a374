// The process that a job is bound to by --until-exit-of.
#pragma once

#include "base/unique_fd.h"
#include "cli/options.h"

namespace coppice::cli {

// A pidfd of it, to be passed with the specification; none if the option was not given. Throws Trouble if there is
// no such process.
UniqueFd open_bound_process(const JobOptions& options);

}  // namespace coppice::cli
