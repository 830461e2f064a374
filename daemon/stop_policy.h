// How a job is asked to end politely.
#pragma once

#include "config/job_spec.h"
#include "daemon/job.h"

namespace coppice::daemon {

// The spec's stop policy, with what `asked` says instead.
StopRequest stop_request(const config::JobSpec& spec, const config::Stopping& asked, EndCause cause);

}  // namespace coppice::daemon
