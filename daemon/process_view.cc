#include "daemon/process_view.h"

namespace coppice::daemon {

config::Process view(const process::ProcessInfo& info, const Owner& owner) {
  config::Process process;
  process.pid = info.pid;
  process.parent = info.parent;
  if (info.user == 0) {
    process.user = "root";
  } else {
    process.user = info.user == owner.uid ? owner.name : std::to_string(info.user);
  }
  process.command_line = info.command_line;
  process.state = info.state;
  process.started_at = info.started_at;
  return process;
}

std::vector<config::Process> view(const std::vector<process::ProcessInfo>& list, const Owner& owner) {
  std::vector<config::Process> processes;
  processes.reserve(list.size());
  for (const auto& info : list) processes.push_back(view(info, owner));
  return processes;
}

config::Usage view(const cgroup::Usage& usage) {
  config::Usage result;
  result.cpu_user = usage.cpu_user;
  result.cpu_system = usage.cpu_system;
  result.memory_peak = usage.memory_peak;
  result.io_read = usage.io_read;
  result.io_written = usage.io_written;
  result.processes_peak = usage.processes_peak;
  result.memory_now = usage.memory_now;
  result.processes_now = usage.processes_now;
  return result;
}

std::optional<config::Usage> usage_now(const Job& job) {
  if (job.over() || !job.control()) return std::nullopt;
  const auto usage = job.control()->pen().usage_now();
  return usage ? std::optional(view(*usage)) : std::nullopt;
}

}  // namespace coppice::daemon
