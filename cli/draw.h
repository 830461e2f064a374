// Jobs and processes as text for people.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "config/job.h"

namespace coppice::cli {

Colour colour_of(config::State state);
Colour colour_of(config::Outcome outcome);

// The command of a job; those of a pipeline joined with "|".
std::string command_words(const config::Job& job);

// " (priority 5)"; empty for the usual one.
std::string priority_words(const config::Job& job);

// How long the job has run, or ran. Empty before it has started. `now` in microseconds since the epoch.
std::string age_words(const config::Job& job, std::int64_t now);

// One line for each process: its pid and its command line.
std::string process_lines(const std::vector<config::Process>& processes, const Terminal& terminal);

// The processes below their parents, in the order of their pids. A process whose parent is not among
// them stands at the top.
std::string process_tree(const std::vector<config::Process>& processes, const Terminal& terminal);

// "5 processes, CPU 1.2 s, memory peak 3.4 MiB"
std::string usage_words(const config::Usage& usage);

}  // namespace coppice::cli
