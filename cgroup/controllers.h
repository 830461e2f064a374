// Why a controller of the kernel does not work in a place, and who must do what about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::cgroup {

// A controller that we would use and cannot.
struct MissingController {
  std::string name;
  // Both are sentences without a full stop.
  std::string reason;
  std::string remedy;
};

// Those that we use: cpu, io, memory, pids.
const std::vector<std::string>& wanted_controllers();

// What /proc/cgroups tells of a controller.
struct KernelController {
  // That of a cgroup v1 hierarchy which has it; 0 for none.
  int hierarchy = 0;
  bool enabled = true;
};

// `name` as cgroup2 calls it. Nothing if it is not in the text: newer kernels list there what v1 has, and no more.
std::optional<KernelController> find_controller(std::string_view proc_cgroups, std::string_view name);

// Of one that is not in cgroup.controllers of the directory `place`. Reads files; for the start.
MissingController not_offered(const std::string& name, const std::string& place);

// Of one that is there, while `problem` keeps us from using it.
MissingController not_usable(const std::string& name, const std::string& problem);

}  // namespace coppice::cgroup
