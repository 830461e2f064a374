#include "daemon/shutdown.h"

#include <string>
#include <utility>

#include "daemon/alarm.h"
#include "daemon/job.h"
#include "daemon/log.h"
#include "daemon/stop_policy.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

// What a kill may take when stopping has taken too long: only uninterruptible sleep takes longer.
constexpr auto kKillBound = 10s;

void kill_all(const Services& services) {
  for (const auto& job : services.jobs.live_in("")) job->request_kill(EndCause::shutdown);
}

void tell_the_dying(const Services& services) {
  for (const auto& job : services.jobs.live_in(""))
    for (const auto& process : job->receipt().stuck())
      log::error_about("job " + job->id() + ": process " + std::to_string(process.pid) + " (" +
                 process.command_line.front() + ") cannot die, it waits in " +
                 process.wait_channel.value_or("the kernel"),
                 {job->id(), job->slice(), static_cast<pid_t>(process.pid)});
}

}  // namespace

asio::awaitable<bool> end_all_jobs(Services& services, std::chrono::milliseconds bound, const bool& kill_now) {
  const JobTable& jobs = services.jobs;
  if (jobs.live() > 0) log::info("stopping " + std::to_string(jobs.live()) + " jobs");
  for (const auto& job : jobs.live_in(""))
    job->request_stop(stop_request(job->spec(), {}, EndCause::shutdown));
  Alarm alarm(services.io, services.settled);
  alarm.set(bound);
  bool killed = false;
  while (jobs.live() > 0) {
    if (alarm.gone_off() && killed) {
      tell_the_dying(services);
      co_return false;
    }
    if ((alarm.gone_off() || kill_now) && !std::exchange(killed, true)) {
      kill_all(services);
      alarm.set(kKillBound);
    }
    co_await services.settled.wait();
  }
  co_return true;
}

}  // namespace coppice::daemon
