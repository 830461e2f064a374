// For declare_job.cc: the options that say when a job ends although nobody asks, and what follows.
#pragma once

#include <optional>
#include <string>

#include "cli/declare.h"

namespace coppice::cli {

// What the options leave.
struct ControlledWords {
  std::optional<std::string> memory_max, memory_high, cpu_max, cpu_weight, io_weight, processes_max;
};

struct LimitWords {
  ControlledWords controlled;
  bool optional = false;
  std::optional<std::string> timeout, silence, cpu_time, lease, process;
  std::optional<std::string> restart, restart_delay, restart_max_delay, restart_attempts, restart_reset;
};

// Those that the kernel enforces.
void declare_controlled(CLI::App& app, ControlledWords& words);
// "unlimited" lifts one.
LimitChange read_controlled(const ControlledWords& words);

void declare_limits(CLI::App& app, LimitWords& words);
void declare_lifetime(CLI::App& app, LimitWords& words);
void declare_restart(CLI::App& app, LimitWords& words);

// Throws UsageError.
void read_limits(const LimitWords& words, JobOptions& job);

}  // namespace coppice::cli
