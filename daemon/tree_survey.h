// What is asked of a frozen tree before it is killed, on threads of their own for a large one.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <vector>

#include "cgroup/tree_list.h"
#include "process/info/process_info.h"

namespace coppice::daemon {

// `members` in order, on the thread of `io`. Members of a frozen tree do not change meanwhile, and looking at them does not
// block. Throws std::system_error for a shortage.
asio::awaitable<cgroup::TreeSurvey> survey_tree(asio::io_context& io, std::vector<pid_t> members, process::Look look);

}  // namespace coppice::daemon
