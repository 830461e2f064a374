// Whether a process may be born in a fresh cgroup here.
#pragma once

#include <asio/awaitable.hpp>

#include "daemon/services.h"

namespace coppice::daemon {

// On some kernels (6.14 and backports) a child cloned into a new cgroup below one that was once killed
// dies at birth, without an errno. Starts this very program once, in a pen of its own, to see. False if that
// happens; then children enter their pens by writing cgroup.procs. Throws if nothing can be started at all.
asio::awaitable<bool> can_clone_into_pen(Services& services);

}  // namespace coppice::daemon
