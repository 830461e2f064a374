// What this system lets jobs be born into, tried out with this very program.
#pragma once

#include <asio/awaitable.hpp>

#include "daemon/services.h"

namespace coppice::daemon {

// On some kernels (6.14 and backports) a child cloned into a new cgroup below one that was once killed
// dies at birth, without an errno. Starts this very program once, in a pen of its own, to see. False if that
// happens; then children enter their pens by writing cgroup.procs. Throws if nothing can be started at all.
asio::awaitable<bool> can_clone_into_pen(Services& services);

// Whether root jobs can be confined to their pens: does so to one process, of a daemon that runs as root. If not, gives
// the confinement up, which then has the reason. After services.enter_pen_by_write has been set.
asio::awaitable<void> try_confinement(Services& services);

}  // namespace coppice::daemon
