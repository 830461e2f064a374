// What runs between clone and exec.
//
// The child shares the keeper's memory while the thread that cloned it waits. So everything it needs is
// prepared before, and it makes raw system calls only: no allocation, no lock, no path function
// that copies (S2).
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "process/launch.h"
#include "process/launch_record.h"

namespace coppice::process {

// Written by the child, read by its spawner after clone3 has returned.
struct ChildReport {
  // The step being done; `clone` until the child has run at all.
  std::atomic<std::uint32_t> step{static_cast<std::uint32_t>(Step::clone)};
  std::atomic<std::uint32_t> error{0};
  std::atomic<std::uint32_t> index{0};
};

struct ChildPlan {
  const LaunchRecord* record = nullptr;
  std::uint32_t* group_scratch = nullptr;  // room for as many groups as the record has
  // Standard input, output and error of the job are at this descriptor and the two after it. The child
  // keeps nothing of what lies above them.
  int stdio = -1;
  // cgroup.procs of the pen, open for writing, when the child has to enter by itself.
  int pen_processes = -1;
  // The keeper's own limit of descriptors as it was before the keeper raised it.
  std::optional<rlimit> descriptor_limit;
  // Of the pen's directory; needed by a launch that is not to see all cgroups.
  ino_t pen_inode = 0;
  // The keeper's own is not 0, which is what a launch without one gets.
  bool resets_oom_score = false;
  ChildReport report;
};

// The body for coppice_clone3; `plan` is a ChildPlan. Executes, or writes the report and exits.
void run_child(void* plan);

}  // namespace coppice::process
