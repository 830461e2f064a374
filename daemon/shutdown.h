// The end of all jobs when the daemon is told to end.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>

#include "daemon/services.h"

namespace coppice::daemon {

// Stops every job by its policy; those that have not ended within `bound`, or when `kill_now` is set (and
// services.settled notified), are killed. False if some outlive that too, for they wait in the kernel for good: they are
// killed, and end when the kernel lets them.
asio::awaitable<bool> end_all_jobs(Services& services, std::chrono::milliseconds bound, const bool& kill_now);

}  // namespace coppice::daemon
