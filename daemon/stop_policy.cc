#include "daemon/stop_policy.h"

#include <csignal>

#include "config/names.h"

namespace coppice::daemon {

using namespace std::chrono_literals;

StopRequest stop_request(const config::JobSpec& spec, const config::Stopping& asked,
                         EndCause cause) {
  const config::Stopping policy = spec.stopping.value_or(config::Stopping{});
  StopRequest request;
  const auto& name = asked.signal ? asked.signal : policy.signal;
  request.signal = name ? config::signal_number(*name).value_or(SIGTERM) : SIGTERM;
  request.whom = asked.whom.value_or(policy.whom.value_or(config::Whom::main));
  request.grace = asked.grace.value_or(policy.grace.value_or(10'000ms));
  request.cause = cause;
  return request;
}

}  // namespace coppice::daemon
