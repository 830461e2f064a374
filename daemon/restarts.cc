#include "daemon/restarts.h"

#include <algorithm>

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using Policy = config::Restart::Policy;

// What the interface says of a policy that leaves them out.
constexpr auto kDelay = 1s;
constexpr auto kLongestDelay = 1min;
constexpr auto kHealthy = 1min;
// A program that ends at once must not keep the machine busy with its starts.
constexpr config::Milliseconds kShortestDelay = 10ms;

}  // namespace

bool Restarts::wanted(const Boxed<config::Restart>& policy) {
  return policy && policy->policy != Policy::never;
}

Restarts::Restarts(const config::Restart& policy, const std::optional<RestartRecord>& earlier)
    : policy_(policy),
      first_delay_(std::max(policy.delay.value_or(kDelay), kShortestDelay)),
      longest_delay_(std::max(policy.max_delay.value_or(std::max<config::Milliseconds>(kLongestDelay, first_delay_)),
                              kShortestDelay)),
      healthy_(policy.reset_after.value_or(kHealthy)),
      delay_(earlier ? earlier->delay : first_delay_),
      attempts_(earlier ? earlier->attempts : 0) {}

std::optional<config::Milliseconds> Restarts::next(config::Outcome outcome, std::chrono::nanoseconds ran) {
  if (policy_.policy == Policy::never) return std::nullopt;
  if (policy_.policy == Policy::on_failure && outcome == config::Outcome::succeeded) return std::nullopt;
  if (ran >= healthy_) {
    attempts_ = 0;
    delay_ = first_delay_;
  }
  if (++attempts_ >= policy_.max_attempts.value_or(INT64_MAX)) return std::nullopt;
  const auto delay = std::min(delay_, longest_delay_);
  delay_ = std::min(delay_ * 2, longest_delay_);
  return delay;
}

}  // namespace coppice::daemon
