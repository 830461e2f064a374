// What this host lets the daemon do with jobs, and why.
#pragma once

#include <vector>

#include "config/job.h"
#include "daemon/services.h"

namespace coppice::daemon {

// In an order to be read: cgroups, controllers, kernel, containment. Some system calls; the control thread.
std::vector<config::Fact> explain(const Services& services);

}  // namespace coppice::daemon
