// What is asked of a frozen tree before it is killed, on threads of their own for a large one.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <vector>

#include "cgroup/tree_list.h"
#include "daemon/output/worker.h"
#include "process/info/process_info.h"

namespace coppice::daemon {

// One thread, the io_context's; it outlives every survey.
class TreeSurveyors {
 public:
  // `members` in order. Members of a frozen tree do not change meanwhile, and looking at them does not block. Throws
  // std::system_error for a shortage.
  asio::awaitable<cgroup::TreeSurvey> survey(asio::io_context& io, std::vector<pid_t> members, process::Look look);

 private:
  bool at_hand();

  // Those that the next survey of a large tree takes along, and lets go when it is done.
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace coppice::daemon
