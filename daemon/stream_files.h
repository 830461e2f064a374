// Which files a command opens as its standard streams: streams of kind file.
#pragma once

#include <cstddef>

#include "config/job_spec.h"
#include "process/launch.h"

namespace coppice::daemon {

// Sets `files` and `error_follows_output` of the launch of command number `command`. The first command has the
// job's input, the last its output, each of them its error. What several commands write to is opened by each
// for itself, appending; the first empties it, so it has to be executed before the next is launched.
void plan_files(const config::JobSpec& spec, std::size_t command, process::Launch& launch);

}  // namespace coppice::daemon
