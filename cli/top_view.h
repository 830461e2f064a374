// What coppice top shows: jobs with what they use, sorted, as lines of a table or of a tree of slices.
//
// Pure functions. Columns are chosen by the width of the terminal: no line is longer than that, from 40 columns on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "config/job.h"

namespace coppice::cli {

// A figure that is absent is shown as "-": nobody measured it, which is not the same as 0.
struct TopFigures {
  // Percent of one CPU.
  std::optional<double> cpu;
  std::chrono::microseconds cpu_time{};
  // Bytes.
  std::optional<std::int64_t> memory;
  // Bytes per second, read and written.
  std::optional<double> io;
  std::optional<std::int64_t> processes;
};

struct TopEntry {
  std::string id;
  // Empty for a job without one.
  std::string name;
  std::string slice;
  config::State state = config::State::running;
  std::string command;
  TopFigures figures;
};

enum class TopSort { cpu, memory, io, processes, name };

// The most first, those without the figure last; names in their order.
void sort_entries(std::vector<TopEntry>& entries, TopSort by);

// Sums; a figure that none of them has is absent.
TopFigures total(const std::vector<TopEntry>& entries);

// The titles first. Each ends without a newline.
std::vector<std::string> top_table(std::vector<TopEntry> entries, TopSort by, const Terminal& terminal);

// The same as a tree: each slice with the sums of all in and below it, then its jobs, then the slices below it; both
// sorted by the same figure.
std::vector<std::string> top_tree(std::vector<TopEntry> entries, TopSort by, const Terminal& terminal);

// "3 jobs, CPU 123.4 %, memory 1.2 GiB"
std::string total_words(const std::vector<TopEntry>& entries);

}  // namespace coppice::cli
