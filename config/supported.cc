// What this version carries out. Every line that goes away here is a feature that has come.
#include "config/check.h"

namespace coppice::config {
namespace {

void refuse_if(bool asked, const std::string& field, const std::string& reason) {
  if (asked) throw InvalidSpec(field, reason);
}

void require_stream(const std::optional<Stream>& stream, const std::string& field) {
  using Kind = Stream::Kind;
  refuse_if(stream && stream->kind == Kind::pty, field + ".kind", "this version has no terminals yet");
}

// Watched by the daemon itself rather than by a cgroup controller, so limitsRequired does not excuse them.
std::string first_watched(const Limits& limits) {
  if (limits.wall_time) return "wallTime";
  if (limits.silence) return "silence";
  if (limits.cpu_time) return "cpuTime";
  return {};
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

void require_limits(const JobSpec& spec) {
  const std::string watched = first_watched(spec.limits);
  if (!watched.empty())
    throw LimitUnavailable(watched, "this version does not watch it yet: leave it out");
  const std::vector<std::string> unset = controlled(spec.limits);
  if (!unset.empty() && spec.limits_required.value_or(true))
    throw LimitUnavailable(unset.front(),
                           "this version does not set it yet: leave it out, or give "
                           "limitsRequired false to run without it");
}

}  // namespace

std::vector<std::string> unsupported_limits(const JobSpec& spec) {
  std::vector<std::string> set = controlled(spec.limits);
  if (spec.limits.wall_time) set.emplace_back("wallTime");
  if (spec.limits.silence) set.emplace_back("silence");
  if (spec.limits.cpu_time) set.emplace_back("cpuTime");
  return set;
}

void require_supported(const JobSpec& spec) {
  require_stream(spec.input, "spec.input");
  require_stream(spec.output, "spec.output");
  require_stream(spec.error, "spec.error");
  refuse_if(spec.terminal_size.has_value(), "spec.terminalSize", "this version has no terminals yet");
  refuse_if(spec.log_max.has_value(), "spec.logMax", "this version does not cap logs yet");
  using Bound = Lifetime::Bound;
  refuse_if(spec.lifetime && spec.lifetime->bound == Bound::process, "spec.lifetime.bound",
            "this version knows detached and connection only");
  refuse_if(spec.lifetime && spec.lifetime->bound == Bound::lease, "spec.lifetime.bound",
            "this version knows detached and connection only");
  refuse_if(spec.restart && spec.restart->policy != Restart::Policy::never, "spec.restart.policy",
            "this version does not restart jobs yet");
  require_limits(spec);
  if (spec.containment_required && *spec.containment_required != Containment::cgroup)
    throw ContainmentUnavailable({Containment::cgroup}, "this version contains jobs in cgroups only");
}

}  // namespace coppice::config
