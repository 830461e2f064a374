// For declare_job.cc: the options that say when a job ends although nobody asks, and what follows.
#pragma once

#include "cli/declare.h"

namespace coppice::cli {

// What the options leave.
struct LimitWords {
  std::optional<std::string> timeout, silence, cpu_time, lease, process;
  std::optional<std::string> restart, restart_delay, restart_max_delay, restart_attempts, restart_reset;
};

void declare_limits(CLI::App& app, LimitWords& words);
void declare_lifetime(CLI::App& app, LimitWords& words);
void declare_restart(CLI::App& app, LimitWords& words);

// Throws UsageError.
void read_limits(const LimitWords& words, JobOptions& job);

}  // namespace coppice::cli
