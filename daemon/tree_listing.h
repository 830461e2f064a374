// The list of a tree that is not frozen, read where it may block.
#pragma once

#include <asio/awaitable.hpp>
#include <vector>

#include "cgroup/group.h"
#include "daemon/services.h"
#include "process/info/process_info.h"

namespace coppice::daemon {

// Reading the command line of a process that hangs may hang too, so it is done on the reading thread, and
// may take as long as that takes; cancel it (asio per-operation cancellation) to wait no longer. Throws
// std::system_error for a shortage.
asio::awaitable<std::vector<process::ProcessInfo>> list_running_tree(Services& services,
                                                                     cgroup::Group& tree);

}  // namespace coppice::daemon
