// Finding a process again that is known from another life of the daemon.
#pragma once

#include "base/unique_fd.h"
#include "daemon/job_record.h"

namespace coppice::daemon {

// A pidfd of the very process that was recorded; none if it is gone, whoever has its number now. Throws
// std::system_error for a shortage.
UniqueFd open_process(const MainProcess& main);

}  // namespace coppice::daemon
