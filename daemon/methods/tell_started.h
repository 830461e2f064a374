// The reply that tells of a start.
#pragma once

#include <asio/awaitable.hpp>

#include "daemon/job_start.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Answers with the job and with the ends of its pipes; `continues` if more replies follow. Where the kernel does not
// pass descriptors (ETOOMANYREFS), the caller learns that and the job is killed: nobody holds its streams.
asio::awaitable<void> tell_started(varlink::Call& call, StartedJob started, bool continues);

}  // namespace coppice::daemon
