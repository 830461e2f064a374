// What a daemon may leave behind: processes, cgroups, descriptors, files.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tests/support/daemon.h"

namespace coppice::crash {

struct Traces {
  // Processes with the mark in their environment.
  std::size_t processes = 0;
  std::size_t zombies = 0;
  // Pens and slices.
  std::vector<std::string> cgroups;
  std::size_t keeper_descriptors = 0;
  std::size_t supervisor_descriptors = 0;
  // In the state directory: its entries and what was set aside as damaged below them, and what is in jobs/.
  std::set<std::string> state;
  std::vector<std::string> logs;
};

// `mark`: the value of COPPICE_CRASH.
Traces look_for_traces(const support::Daemon& daemon, const std::string& mark);

// What is there now and was not before, a sentence each.
std::vector<std::string> compare(const Traces& before, const Traces& after);

// SIGKILL for every process with that mark, and its cgroup removed, for a test that has failed.
void clean_up(const std::string& mark);

}  // namespace coppice::crash
