#include "cgroup/limits.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>

#include "base/errno_text.h"
#include "cgroup/files.h"

namespace coppice::cgroup {
namespace {

using Need = LimitWrite::Need;

// Microseconds. A long period leaves a job without its CPU for long, so it is the kernel's usual one wherever the
// quota is not too small for it.
constexpr double kPeriod = 100'000;
constexpr double kLongestPeriod = 1'000'000;
constexpr double kLeastQuota = 1'000;

constexpr std::int64_t kUsualWeight = 100;
constexpr std::int64_t kMostWeight = 10'000;
constexpr std::int64_t kMostBfqWeight = 1'000;

std::string cpu_max(double cpus) {
  const double period = cpus * kPeriod < kLeastQuota ? kLongestPeriod : kPeriod;
  const double quota = std::max(kLeastQuota, std::round(cpus * period));
  return std::to_string(static_cast<std::int64_t>(quota)) + " " + std::to_string(static_cast<std::int64_t>(period));
}

// bfq has 1 to 1000 with the same usual weight: above that the range is shorter (as systemd has it).
std::int64_t bfq_weight(std::int64_t weight) {
  if (weight <= kUsualWeight) return weight;
  return kUsualWeight + (weight - kUsualWeight) * (kMostBfqWeight - kUsualWeight) / (kMostWeight - kUsualWeight);
}

void append_memory_max(std::vector<LimitWrite>& writes, const std::string& memory, const std::string& swap) {
  // No swap first: what leaves memory for the new bound must not go there.
  writes.push_back({"memoryMax", "memory", "memory.swap.max", swap, Need::if_swap});
  writes.push_back({"memoryMax", "memory", "memory.max", memory});
}

void append_io_weight(std::vector<LimitWrite>& writes, std::int64_t weight) {
  writes.push_back({"ioWeight", "io", "io.weight", "default " + std::to_string(weight), Need::one_of});
  writes.push_back({"ioWeight", "io", "io.bfq.weight", std::to_string(bfq_weight(weight)), Need::one_of});
}

const MissingController* find_missing(const std::vector<MissingController>& missing, const std::string& name) {
  const auto found = std::find_if(missing.begin(), missing.end(), [&](const auto& one) { return one.name == name; });
  return found == missing.end() ? nullptr : &*found;
}

UnmetLimit without_controller(const LimitWrite& write, const MissingController& missing) {
  return {write.limit, std::string(write.file) + " needs the controller " + missing.name + ", which does not work here: " +
                           missing.reason + "; " + missing.remedy};
}

bool is_noted(const std::vector<UnmetLimit>& unmet, const std::string& limit) {
  return std::any_of(unmet.begin(), unmet.end(), [&](const UnmetLimit& one) { return one.limit == limit; });
}

std::string reason_of(const LimitWrite& write, const Group& group, int error) {
  if (write.need == Need::one_of && error == ENOENT)
    return "the kernel has neither io.weight (it comes with CONFIG_BLK_CGROUP_IOCOST) nor io.bfq.weight (modprobe bfq)";
  std::string reason = errno_message(std::string("write ") + write.value + " to " + write.file + " of", group.name(), error);
  if (error == ENOENT) reason += ": this kernel was built, or booted, without it";
  return reason;
}

// The kernel has swap, whether or not any is in use.
bool swap_exists() { return ::access("/proc/swaps", F_OK) == 0; }

bool exists(const Group& group) { return ::faccessat(group.directory(), "cgroup.procs", F_OK, 0) == 0; }

// Whether a write of the same limit may still do, or has done, instead of this one.
bool another_serves(const std::vector<LimitWrite>& writes, const LimitWrite& failed, const std::vector<const LimitWrite*>& done) {
  if (failed.need != Need::one_of) return false;
  return std::any_of(writes.begin(), writes.end(), [&](const LimitWrite& other) {
    const bool later = &other > &failed;
    return &other != &failed && other.limit == failed.limit && other.need == Need::one_of &&
           (later || std::find(done.begin(), done.end(), &other) != done.end());
  });
}

}  // namespace

std::vector<LimitWrite> limit_writes(const config::Limits& limits) {
  std::vector<LimitWrite> writes;
  if (limits.memory_max) append_memory_max(writes, std::to_string(*limits.memory_max), "0");
  if (limits.memory_high) writes.push_back({"memoryHigh", "memory", "memory.high", std::to_string(*limits.memory_high)});
  if (limits.cpu_max) writes.push_back({"cpuMax", "cpu", "cpu.max", cpu_max(*limits.cpu_max)});
  if (limits.cpu_weight) writes.push_back({"cpuWeight", "cpu", "cpu.weight", std::to_string(*limits.cpu_weight)});
  if (limits.io_weight) append_io_weight(writes, *limits.io_weight);
  if (limits.processes_max) writes.push_back({"processesMax", "pids", "pids.max", std::to_string(*limits.processes_max)});
  return writes;
}

std::vector<LimitWrite> lift_writes(const std::vector<std::string>& names) {
  std::vector<LimitWrite> writes;
  for (const std::string& name : names) {
    if (name == "memoryMax") append_memory_max(writes, "max", "max");
    if (name == "memoryHigh") writes.push_back({name, "memory", "memory.high", "max"});
    if (name == "cpuMax") writes.push_back({name, "cpu", "cpu.max", "max"});
    if (name == "cpuWeight") writes.push_back({name, "cpu", "cpu.weight", std::to_string(kUsualWeight)});
    if (name == "ioWeight") append_io_weight(writes, kUsualWeight);
    if (name == "processesMax") writes.push_back({name, "pids", "pids.max", "max"});
  }
  return writes;
}

std::vector<UnmetLimit> unavailable(const std::vector<LimitWrite>& writes, const std::vector<MissingController>& missing) {
  std::vector<UnmetLimit> unmet;
  for (const LimitWrite& write : writes) {
    const auto* lacking = find_missing(missing, write.controller);
    // What is told is the file that people know the limit by.
    if (lacking && write.need != Need::if_swap && !is_noted(unmet, write.limit))
      unmet.push_back(without_controller(write, *lacking));
  }
  return unmet;
}

std::vector<UnmetLimit> write_limits(Group& group, const std::vector<LimitWrite>& writes,
                                     const std::vector<MissingController>& missing) {
  std::vector<UnmetLimit> unmet = unavailable(writes, missing);
  std::vector<const LimitWrite*> done;
  for (const LimitWrite& write : writes) {
    if (find_missing(missing, write.controller)) continue;
    const int error = group.set(write.file, write.value);
    if (error == 0) {
      done.push_back(&write);
      continue;
    }
    if (means_gone(error) && !exists(group)) return {};
    const bool needless = write.need == Need::if_swap && error == ENOENT && !swap_exists();
    if (needless || another_serves(writes, write, done) || is_noted(unmet, write.limit)) continue;
    unmet.push_back({write.limit, reason_of(write, group, error)});
  }
  return unmet;
}

}  // namespace coppice::cgroup
