// What this version carries out. Every line that goes away here is a feature that has come.
#include "config/check.h"

namespace coppice::config {
namespace {

void refuse_if(bool asked, const std::string& field, const std::string& reason) {
  if (asked) throw InvalidSpec(field, reason);
}

std::vector<std::string> controlled(const Limits& limits) {
  std::vector<std::string> set;
  if (limits.memory_max) set.emplace_back("memoryMax");
  if (limits.memory_high) set.emplace_back("memoryHigh");
  if (limits.cpu_max) set.emplace_back("cpuMax");
  if (limits.cpu_weight) set.emplace_back("cpuWeight");
  if (limits.io_weight) set.emplace_back("ioWeight");
  if (limits.processes_max) set.emplace_back("processesMax");
  return set;
}

// The daemon keeps what comes.
bool is_captured(const Stream& stream) {
  return stream.kind == Stream::Kind::log || stream.kind == Stream::Kind::pty;
}

void require_limits(const JobSpec& spec) {
  if (spec.limits.silence) require_captured_output(spec);
  const std::vector<std::string> unset = controlled(spec.limits);
  if (!unset.empty() && spec.limits_required.value_or(true))
    throw LimitUnavailable(unset.front(),
                           "this version does not set it yet: leave it out, or give "
                           "limitsRequired false to run without it");
}

}  // namespace

std::vector<std::string> unsupported_limits(const JobSpec& spec) { return controlled(spec.limits); }

void require_captured_output(const JobSpec& spec) {
  if ((!spec.output || is_captured(*spec.output)) || (spec.error && is_captured(*spec.error))) return;
  throw LimitUnavailable("silence",
                         "neither output nor error goes through the daemon, which would not see any: give one "
                         "of them kind log, or leave silence out");
}

void require_changeable(const Limits& limits) {
  std::vector<std::string> fixed = controlled(limits);
  if (!limits.rlimits.empty()) fixed.emplace_back("rlimits");
  if (!fixed.empty())
    throw LimitUnavailable(fixed.front(), "this version changes wallTime, silence and cpuTime only");
}

void require_supported(const JobSpec& spec) {
  refuse_if(spec.restart && spec.restart->policy != Restart::Policy::never && has_terminal(spec),
            "spec.restart.policy", "this version does not restart jobs that have a terminal");
  require_limits(spec);
  if (spec.containment_required && *spec.containment_required != Containment::cgroup)
    throw ContainmentUnavailable({Containment::cgroup}, "this version contains jobs in cgroups only");
}

}  // namespace coppice::config
