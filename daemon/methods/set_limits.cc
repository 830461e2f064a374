#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "config/check.h"
#include "config/limits.h"
#include "daemon/errors.h"
#include "daemon/limits.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/quota_check.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

config::Limits read_limits(const varlink::Call& call) {
  config::Limits limits = api::limits_from_json(call.parameters().at("limits"));
  config::check(limits, "limits");
  config::require_changeable(limits);
  return limits;
}

// Those that hold by now are lacking no more.
void note_met(Job& job, const std::vector<std::string>& names) {
  const auto met = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  if (std::erase_if(job.attempt_record().lacking, met) > 0) job.save_attempt();
}

void change(Job& job, const config::Limits& from, const std::vector<std::string>& names) {
  config::Limits limits = job.limits();
  config::copy_limits(from, limits, names);
  job.change_limits(limits);
}

}  // namespace

asio::awaitable<void> set_limits(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const config::Limits changes = read_limits(call);
  const auto lift = string_list(call.parameters(), "lift");
  config::check_lift(lift, changes, config::Liftable::any);
  JobControl& control = running_control(*job);
  if (job->end_requested()) throw wrong_state(job->state(), "the job has been asked to end");
  if (changes.silence) config::require_captured_output(job->spec());
  require_available(changes, services.hierarchy);
  std::vector<std::string> names = config::set_limits(changes);
  names.insert(names.end(), lift.begin(), lift.end());
  const config::Limits before = job->limits();
  config::Limits after = before;
  config::copy_limits(changes, after, names);
  require_memory(after, *job, services.access.quotas_of(job->owner().uid), services.jobs);
  cgroup::Group pen = control.pen().duplicate();
  // On record before they hold: a daemon that dies in between sets them when it comes back.
  change(*job, changes, names);
  try {
    auto changing = change_limits(services, std::move(pen), changes, lift, before);
    co_await std::move(changing);
  } catch (...) {
    change(*job, before, names);
    throw;
  }
  note_met(*job, names);
  if (job->control()) job->control()->renew_limits();
  nlohmann::json nothing = nlohmann::json::object();
  co_await call.reply(std::move(nothing));
}

}  // namespace coppice::daemon
