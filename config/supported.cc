// What this version carries out. Every line that goes away here is a feature that has come.
#include "config/check.h"

namespace coppice::config {
namespace {

void refuse_if(bool asked, const std::string& field, const std::string& reason) {
  if (asked) throw InvalidSpec(field, reason);
}

// The daemon keeps what comes.
bool is_captured(const Stream& stream) {
  return stream.kind == Stream::Kind::log || stream.kind == Stream::Kind::pty;
}

}  // namespace

void require_captured_output(const JobSpec& spec) {
  if ((!spec.output || is_captured(*spec.output)) || (spec.error && is_captured(*spec.error))) return;
  throw LimitUnavailable("silence",
                         "neither output nor error goes through the daemon, which would not see any: give one "
                         "of them kind log, or leave silence out");
}

void require_changeable(const Limits& limits) {
  if (!limits.rlimits.empty())
    throw LimitUnavailable("rlimits", "a process has had them since it was started: give them to the job at its start");
}

void require_supported(const JobSpec& spec) {
  refuse_if(spec.restart && spec.restart->policy != Restart::Policy::never && has_terminal(spec),
            "spec.restart.policy", "this version does not restart jobs that have a terminal");
  if (spec.limits.silence) require_captured_output(spec);
  if (spec.containment_required && *spec.containment_required != Containment::cgroup)
    throw ContainmentUnavailable({Containment::cgroup}, "this version contains jobs in cgroups only");
}

}  // namespace coppice::config
