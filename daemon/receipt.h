// What was found of a job's tree when the job was asked to end, and what of it SIGKILL had to end.
//
// A process is told from another by its pid and its start time, so that none is listed twice however
// often the tree is looked at. One thread.
#pragma once

#include <vector>

#include "config/job.h"

namespace coppice::daemon {

class Receipt {
 public:
  // Those that are alive as the polite signal goes out.
  void add_found(std::vector<config::Process> processes);
  // Those that are about to get SIGKILL.
  void add_killed(std::vector<config::Process> processes);

  // As found() told in an earlier process of the daemon.
  void restore(std::vector<config::Process> found) { found_ = std::move(found); }

  // All of them, in the order in which they were found.
  const std::vector<config::Process>& found() const { return found_; }
  std::vector<config::Process> killed() const;

  // What has outlived SIGKILL so far, with where it waits; those known get the command line that was read before.
  // Empty once the tree is.
  void set_stuck(std::vector<config::Process> stuck);
  const std::vector<config::Process>& stuck() const { return stuck_; }

 private:
  void add(std::vector<config::Process> processes, bool killed);

  std::vector<config::Process> found_;
  std::vector<config::Process> stuck_;
};

}  // namespace coppice::daemon
