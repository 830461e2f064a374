// The limits that the kernel's controllers enforce, as the daemon sets them: on a pen that is still empty, and later.
//
// On the control thread. What has processes may make the kernel take memory back for a while: that is done on another.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "cgroup/hierarchy.h"
#include "cgroup/limits.h"
#include "cgroup/pen.h"
#include "config/job_spec.h"
#include "daemon/services.h"

namespace coppice::daemon {

// Throws config::LimitUnavailable for the first whose controller is missing here.
void require_available(const config::Limits& limits, const cgroup::Hierarchy& hierarchy);

// Sets them on a pen in which nothing runs yet. Answers the names of those that cannot be set, or throws
// config::LimitUnavailable for the first of them if they are `required`. Throws that too if a slice that the pen is in
// has a limit that does not hold.
std::vector<std::string> set_pen_limits(cgroup::Pen& pen, const config::Limits& limits, bool required,
                                        const cgroup::Hierarchy& hierarchy);

// Writes to a group in which something may run; answers what does not hold, see cgroup::write_limits(). Writes of
// several callers are carried out in their order.
asio::awaitable<std::vector<cgroup::UnmetLimit>> write_limits(Services& services, cgroup::Group group,
                                                              std::vector<cgroup::LimitWrite> writes);

// The same for what a call asks for: those of `changes` are set, those of `lift` lifted. If one of them cannot be, all
// are put back to what they are in `before`, and config::LimitUnavailable is thrown.
asio::awaitable<void> change_limits(Services& services, cgroup::Group group, config::Limits changes,
                                    std::vector<std::string> lift, config::Limits before);

}  // namespace coppice::daemon
