#include "daemon/job_start.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/check.h"
#include "daemon/bond.h"
#include "daemon/clock.h"
#include "daemon/errors.h"
#include "daemon/job_run.h"
#include "daemon/passed_bytes.h"
#include "daemon/queue_wait.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

// Caps on what a peer can make grow.
constexpr std::size_t kLiveJobs = 65'536;
constexpr std::size_t kLiveJobsOfUser = 32'768;

void require_room(const Services& services, const config::JobSpec& spec, uid_t owner) {
  if (services.shutting_down) throw shutting_down();
  if (services.jobs.live() >= kLiveJobs) throw exhausted("live jobs", kLiveJobs);
  if (owner != 0 && services.jobs.live_of(owner) >= kLiveJobsOfUser)
    throw exhausted("live jobs of one user", kLiveJobsOfUser);
  if (!spec.name) return;
  if (const auto taken = services.jobs.find_named(*spec.name))
    throw name_taken(*spec.name, taken->id());
}

// The coroutine owns all that the job uses, and outlives the request.
asio::awaitable<void> carry(std::shared_ptr<Job> job, Services& services, SliceTable::Place place,
                            std::optional<QueuedDescriptors> counted, PassedStreams passed,
                            std::optional<process::Credentials> identity) {
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
  }
  JobRun run(std::move(job), services, std::move(passed), std::move(identity));
  co_await run.run();
}

}  // namespace

asio::awaitable<StartedJob> start_job(varlink::Call& call, Services& services,
                                      config::Lifetime::Bound unbound) {
  config::JobSpec spec = api::job_spec_from_json(call.parameters().at("spec"));
  fill_in_bytes(call, spec);
  config::check(spec);
  require_tellable(spec);
  config::require_supported(spec);
  require_journal(spec, services.journal);
  StartedJob started;
  PassedStreams passed = take_streams(call, spec);
  started.ends = make_pipes(spec, passed);
  RunAs run_as = co_await services.names.run_as(spec, call.peer());
  require_room(services, spec, run_as.owner.uid);

  std::shared_ptr<Bond> bond = make_bond(call, services.io, spec.lifetime.value_or(config::Lifetime{unbound, {}, {}}));
  SliceTable::Place place = services.slices.enter(spec.slice.value_or(""), spec.priority.value_or(0));
  const auto first = place.admitted() ? config::State::starting : config::State::queued;
  std::optional<QueuedDescriptors> counted;
  if (!place.admitted()) counted.emplace(services, passed, bond ? bond->descriptors() : 0);
  auto job = std::make_shared<Job>(services.io, services.events, services.ids.make(now()),
                                   std::move(spec), std::move(run_as.owner), first);
  if (bond) job->bind(std::move(bond));
  services.jobs.add(job);
  auto life = carry(job, services, std::move(place), std::move(counted), std::move(passed),
                    std::move(run_as.credentials));
  asio::co_spawn(services.io, std::move(life), asio::detached);
  if (first != config::State::queued) co_await await_start(job);
  started.job = std::move(job);
  co_return started;
}

asio::awaitable<void> await_start(std::shared_ptr<Job> job) {
  while (!job->start_settled() && !job->over()) co_await job->changed().wait();
  if (job->start_error()) std::rethrow_exception(job->start_error());
}

}  // namespace coppice::daemon
