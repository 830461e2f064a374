#include "daemon/job_start.h"

#include <algorithm>
#include <chrono>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "config/errors.h"
#include "daemon/bond.h"
#include "daemon/clock.h"
#include "daemon/crash_point.h"
#include "daemon/ended_job.h"
#include "daemon/errors.h"
#include "daemon/job_run.h"
#include "daemon/limits.h"
#include "daemon/passed_bytes.h"
#include "daemon/quota_check.h"
#include "daemon/start_audit.h"
#include "daemon/queue_wait.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {
namespace {

// Of all users together; each has its quotas.
constexpr std::size_t kLiveJobs = 65'536;

void require_room(const Services& services, const config::JobSpec& spec) {
  if (services.shutting_down) throw shutting_down();
  if (services.jobs.live() >= kLiveJobs) throw exhausted("live jobs", kLiveJobs);
  if (!spec.name) return;
  if (const auto taken = services.jobs.find_named(*spec.name))
    throw name_taken(*spec.name, taken->id());
}

// The coroutine owns all that the job uses, and outlives the request.
asio::awaitable<void> carry(std::shared_ptr<Job> job, Services& services, SliceTable::Place place,
                            std::optional<QueuedDescriptors> counted, PassedStreams passed) {
  // Left at the very end, when the job is over and its pen is gone.
  SliceTable::Place held = std::move(place);
  held.notify(job->wake());
  if (job->state() == config::State::queued) {
    const bool goes_on = co_await await_place(job, held);
    if (!goes_on) {
      end_unstarted(*job, services);
      co_return;
    }
    counted.reset();
    services.jobs.admit(*job);
  }
  JobRun run(std::move(job), services, std::move(passed));
  co_await run.run();
}

asio::awaitable<void> carry_on(std::shared_ptr<Job> job, Services& services, SliceTable::Place place,
                               Inheritance inheritance) {
  SliceTable::Place held = std::move(place);
  JobRun run(std::move(job), services, std::move(inheritance));
  co_await run.run();
}

// What the keeper holds of a job before it is on record.
void hold_before(const PassedStreams& passed, const Bond* bond, KeeperClient& keeper, process::Box box) {
  hold_passed(passed, keeper, box);
  if (bond && bond->pidfd() >= 0) keeper.hold(box, held::kBond, bond->pidfd());
}

std::shared_ptr<Job> make_job(JobRecord record, const PassedStreams& passed, const Bond* bond, Services& services) {
  const process::Box box = record.box;
  hold_before(passed, bond, services.keeper, box);
  crash_point("start.reserved");
  try {
    return std::make_shared<Job>(services.io, services.chronicle, std::move(record));
  } catch (...) {
    services.keeper.drop(box);
    throw;
  }
}

constexpr std::size_t kLongestKey = 64;

std::optional<std::string> read_key(const nlohmann::json& parameters) {
  const auto found = parameters.find("key");
  if (found == parameters.end() || found->is_null()) return std::nullopt;
  auto key = found->get<std::string>();
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (key.empty() || key.size() > kLongestKey || !printable)
    throw config::InvalidSpec("key", "must be 1 to 64 printable ASCII characters, without spaces");
  return key;
}

// The job that an earlier call with this key has made; null if there was none.
asio::awaitable<std::shared_ptr<Job>> find_keyed(Services& services, uid_t owner, std::string key) {
  std::string id = services.jobs.find_keyed(owner, key);
  if (id.empty() && std::chrono::steady_clock::now() < services.doubts_keys_until) {
    auto finding = services.history.find_key(owner, std::move(key));
    if (const auto row = co_await std::move(finding)) id = row->job->id;
  }
  if (id.empty()) co_return nullptr;
  if (auto job = services.jobs.find(id)) co_return job;
  auto recalling = recall_job(services, std::move(id));
  co_return co_await std::move(recalling);
}

// The client that made it has come back.
void take_back(varlink::Call& call, Job& job) {
  if (job.bond()) job.bond()->move_to(call);
  // A Run may go on for long, and nobody waits for these.
  for (std::size_t index = 0; index < call.descriptors(); ++index)
    UniqueFd(call.take_descriptor(static_cast<std::int64_t>(index), "spec")).reset();
}

// As whom it runs; the log tells what root alone may have, also if somebody else asked for it.
asio::awaitable<RunAs> find_identity(varlink::Call& call, Services& services, const config::JobSpec& spec) {
  try {
    RunAs run_as = co_await services.names.run_as(spec, call.peer());
    audit_start(services.audit, call, spec, run_as);
    co_return run_as;
  } catch (const varlink::MethodError& refused) {
    if (refused.name() == api::error::kPermissionDenied) audit_denied_start(services.audit, call, spec);
    throw;
  }
}

asio::awaitable<StartedJob> begin_job(varlink::Call& call, Services& services, config::Lifetime::Bound unbound,
                                     std::optional<std::string> key) {
  config::JobSpec spec = api::job_spec_from_json(call.parameters().at("spec"));
  fill_in_bytes(call, spec);
  config::check(spec);
  require_tellable(spec);
  config::require_supported(spec);
  if (spec.limits_required.value_or(true)) require_available(spec.limits, services.hierarchy);
  require_journal(spec, services.journal);
  StartedJob started;
  PassedStreams passed = take_streams(call, spec);
  started.ends = make_pipes(spec, passed);
  RunAs run_as = co_await find_identity(call, services, spec);
  const uid_t owner = run_as.owner.uid;
  const Quotas& quotas = services.access.quotas_of(owner);
  require_room(services, spec);
  require_memory(spec, owner, quotas, services.jobs);
  bound_processes(spec, quotas);

  std::shared_ptr<Bond> bond = make_bond(call, services.io, spec.lifetime.value_or(config::Lifetime{unbound, {}, {}}));
  SliceTable::Place place = services.slices.enter(spec.slice.value_or(""), spec.priority.value_or(0));
  require_room(owner, quotas, services.jobs, spec.slice.value_or(""), !place.admitted());
  const auto first = place.admitted() ? config::State::starting : config::State::queued;
  std::optional<QueuedDescriptors> counted;
  if (!place.admitted()) counted.emplace(services, passed, bond ? bond->descriptors() : 0);
  JobRecord record;
  record.id = services.ids.make(now());
  // Its box and its commands are numbered in one go.
  record.box = services.keeper.reserve_keys(1 + spec.commands.size());
  record.attempt.first_key = record.box + 1;
  record.attempt.keeper = services.keeper.keeper_pid();
  record.spec = std::move(spec);
  record.key = std::move(key);
  record.owner = std::move(run_as.owner);
  record.identity = std::move(run_as.credentials);
  record.state = first;
  if (bond) record.bond = bond->record();
  const auto job = make_job(std::move(record), passed, bond.get(), services);
  if (bond) job->bind(std::move(bond));
  services.jobs.add(job);
  crash_point(first == config::State::queued ? "queue.registered" : "start.registered");
  auto life = carry(job, services, std::move(place), std::move(counted), std::move(passed));
  asio::co_spawn(services.io, std::move(life), asio::detached);
  started.job = std::move(job);
  co_return started;
}

}  // namespace

asio::awaitable<StartedJob> start_job(varlink::Call& call, Services& services,
                                      config::Lifetime::Bound unbound) {
  while (services.starts_held) co_await services.settled.wait();
  std::optional<std::string> key = read_key(call.parameters());
  std::optional<StartKeys::Hold> held;
  StartedJob started;
  if (key) {
    auto taking = services.start_keys.take(services.io, call.peer().uid, *key);
    StartKeys::Hold hold = co_await std::move(taking);
    held.emplace(std::move(hold));
    auto finding = find_keyed(services, call.peer().uid, *key);
    started.job = co_await std::move(finding);
  }
  if (started.job) {
    take_back(call, *started.job);
  } else {
    auto making = begin_job(call, services, unbound, std::move(key));
    started = co_await std::move(making);
  }
  held.reset();
  if (started.job->state() != config::State::queued) co_await await_start(started.job);
  co_return started;
}

void go_on(std::shared_ptr<Job> job, Services& services, SliceTable::Place place, Inheritance inheritance) {
  if (job->state() == config::State::queued) {
    PassedStreams passed = take_passed(inheritance.held);
    std::optional<QueuedDescriptors> counted;
    counted.emplace(services, passed, job->bond() ? job->bond()->descriptors() : 0);
    auto life = carry(job, services, std::move(place), std::move(counted), std::move(passed));
    asio::co_spawn(services.io, std::move(life), asio::detached);
  } else {
    auto life = carry_on(job, services, std::move(place), std::move(inheritance));
    asio::co_spawn(services.io, std::move(life), asio::detached);
  }
}

asio::awaitable<void> await_start(std::shared_ptr<Job> job) {
  while (!job->start_settled() && !job->over()) co_await job->changed().wait();
  if (job->start_error()) std::rethrow_exception(job->start_error());
  if (job->over() && !job->started() && job->result().outcome == config::Outcome::start_failed)
    throw start_failed("unknown", 0, 0, "", job->result().detail.value_or(""));
}

}  // namespace coppice::daemon
