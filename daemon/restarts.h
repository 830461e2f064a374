// Whether an attempt of a job is followed by another, and when. Pure, but for the attempts that it counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/boxed.h"
#include "config/job.h"
#include "config/job_spec.h"
#include "daemon/job_record.h"

namespace coppice::daemon {

class Restarts {
 public:
  // Whether `policy` ever asks for another attempt.
  static bool wanted(const Boxed<config::Restart>& policy);

  // `earlier`: how they stood in an earlier process of the daemon.
  explicit Restarts(const config::Restart& policy, const std::optional<RestartRecord>& earlier = {});

  // For a later one.
  RestartRecord record() const { return {delay_, attempts_, {}}; }

  // An attempt that nobody asked to end is over as `outcome` says, `ran` after its commands had been executed. How
  // long to wait before the next; nothing: it was the last.
  std::optional<config::Milliseconds> next(config::Outcome outcome, std::chrono::nanoseconds ran);

 private:
  config::Restart policy_;
  config::Milliseconds first_delay_;
  config::Milliseconds longest_delay_;
  config::Milliseconds healthy_;
  config::Milliseconds delay_;
  // Since the last that was healthy, which counts.
  std::int64_t attempts_ = 0;
};

}  // namespace coppice::daemon
