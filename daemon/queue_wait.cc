#include "daemon/queue_wait.h"

#include <sys/resource.h>

#include <utility>

#include "daemon/clock.h"
#include "daemon/ended_job.h"
#include "daemon/errors.h"
#include "daemon/job_result.h"

namespace coppice::daemon {
namespace {

// Of all descriptors of the daemon.
std::size_t most_descriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur / 2 : 0;
}

config::Result result_of_unstarted(const Job& job) {
  Ending ending = asked_of(job);
  ending.statuses.resize(job.spec().commands.size());
  ending.killed = true;
  config::Result result;
  result.outcome = outcome(ending);
  const auto cause = detail(ending);
  result.detail = (cause ? *cause + "; " : std::string()) + "it had not started";
  result.started_at = job.begun_at();
  result.ended_at = now();
  return result;
}

}  // namespace

QueuedDescriptors::QueuedDescriptors(Services& services, const PassedStreams& passed, std::size_t more)
    : services_(services),
      count_((passed.input ? 1u : 0u) + (passed.output ? 1u : 0u) + (passed.error ? 1u : 0u) + more) {
  const std::size_t most = most_descriptors();
  if (count_ > 0 && services.queued_descriptors + count_ > most)
    throw exhausted("descriptors that came with queued jobs", static_cast<std::int64_t>(most));
  services.queued_descriptors += count_;
}

QueuedDescriptors::QueuedDescriptors(QueuedDescriptors&& other) noexcept
    : services_(other.services_), count_(std::exchange(other.count_, 0)) {}

QueuedDescriptors::~QueuedDescriptors() { services_.queued_descriptors -= count_; }

asio::awaitable<bool> await_place(std::shared_ptr<Job> job, SliceTable::Place& place) {
  while (!place.admitted() && !job->end_requested()) co_await job->wake().wait();
  if (job->end_requested()) co_return false;
  co_return job->apply(Event::admit);
}

void end_unstarted(Job& job, Services& services) {
  job.record_end(result_of_unstarted(job));
  job.mark_ended();
  services.keeper.drop(job.record().box);
  settle_ended(job, services);
}

}  // namespace coppice::daemon
