// What the kernel tells of processes and their use, as the interface has it.
#pragma once

#include <optional>
#include <vector>

#include "cgroup/pen.h"
#include "config/job.h"
#include "daemon/job.h"
#include "process/info/process_info.h"

namespace coppice::daemon {

// User ids other than root's and the owner's stay numbers: a name service may block.
config::Process view(const process::ProcessInfo& info, const Owner& owner);
std::vector<config::Process> view(const std::vector<process::ProcessInfo>& list, const Owner& owner);
config::Usage view(const cgroup::Usage& usage);

// What a job that runs uses and has used; nothing of any other. Some 20 µs.
std::optional<config::Usage> usage_now(const Job& job);

}  // namespace coppice::daemon
