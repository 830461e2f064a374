#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

config::Limits read_limits(const varlink::Call& call) {
  config::Limits limits = api::limits_from_json(call.parameters().at("limits"));
  config::check(limits, "limits");
  config::require_changeable(limits);
  return limits;
}

}  // namespace

asio::awaitable<void> set_limits(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const config::Limits limits = read_limits(call);
  JobControl& control = running_control(*job);
  if (job->end_requested()) throw wrong_state(job->state(), "the job has been asked to end");
  if (limits.silence) config::require_captured_output(job->spec());
  job->change_limits(limits);
  control.renew_limits();
  nlohmann::json nothing = nlohmann::json::object();
  co_await call.reply(std::move(nothing));
}

}  // namespace coppice::daemon
