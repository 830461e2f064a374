// Signal, Freeze and Thaw: what acts on the tree of a job that goes on.
#include <nlohmann/json.hpp>
#include <utility>

#include "config/errors.h"
#include "config/names.h"
#include "daemon/crash_point.h"
#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/tree_end.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

// A tree that does not settle by then holds a task in uninterruptible sleep.
constexpr auto kFreezeBound = 2s;

// A slice's jobs that wait, are being started or are on their way out are passed over; where nobody is left,
// the first one's reason is told.
std::vector<std::shared_ptr<Job>> accepting(std::vector<std::shared_ptr<Job>> jobs, Event event) {
  const auto first = jobs.front();
  std::erase_if(jobs, [event](const auto& job) { return !next_state(job->state(), event); });
  if (jobs.empty()) throw wrong_state(first->state(), refusal(first->state(), event));
  return jobs;
}

}  // namespace

asio::awaitable<void> signal(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const auto& parameters = call.parameters();
  const auto name = parameters.at("signal").get<std::string>();
  const auto number = config::signal_number(name);
  if (!number)
    throw config::InvalidSpec("signal", "\"" + name + "\" is no signal; use SIGTERM, TERM or 15");
  JobControl& control = running_control(*job);
  const auto whom = optional_string(parameters, "whom");
  if (whom && config::parse<config::Whom>(*whom) == config::Whom::all) {
    control.pen().signal_all(*number);
  } else if (!control.signal_main(*number)) {
    throw wrong_state(job->state(), "the main process has exited; `whom: all` reaches the rest");
  }
  nlohmann::json nothing = nlohmann::json::object();
  co_await call.reply(std::move(nothing));
}

asio::awaitable<void> freeze(varlink::Call& call, Services& services) {
  auto targets = co_await find_targets(call, services);
  const auto jobs = accepting(std::move(targets), Event::freeze);
  for (const auto& job : jobs)
    if (running_control(*job).pen().freeze()) job->apply(Event::freeze);
  crash_point("freeze.registered");
  for (const auto& job : jobs) {
    // It may have been thawed or ended meanwhile.
    if (job->state() != config::State::frozen || !job->control()) continue;
    cgroup::Group tree = job->control()->pen().duplicate();
    const bool frozen = co_await wait_frozen(services.io, tree, kFreezeBound);
    if (!frozen && job->state() == config::State::frozen)
      throw wrong_state(job->state(), "asked to freeze, but a process in uninterruptible sleep goes on");
  }
  nlohmann::json nothing = nlohmann::json::object();
  co_await call.reply(std::move(nothing));
}

asio::awaitable<void> thaw(varlink::Call& call, Services& services) {
  auto targets = co_await find_targets(call, services);
  const auto jobs = accepting(std::move(targets), Event::thaw);
  for (const auto& job : jobs)
    if (running_control(*job).pen().thaw()) job->apply(Event::thaw);
  nlohmann::json nothing = nlohmann::json::object();
  co_await call.reply(std::move(nothing));
}

}  // namespace coppice::daemon
