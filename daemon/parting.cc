#include "daemon/parting.h"

#include <chrono>

#include "daemon/alarm.h"
#include "daemon/job.h"
#include "daemon/services.h"

namespace coppice::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartBound{5};

}  // namespace

StartsHeld::StartsHeld(Services& services) : services_(services) { services_.starts_held = true; }

StartsHeld::~StartsHeld() {
  services_.starts_held = services_.parting != Parting::none;
  services_.settled.notify_all();
}

asio::awaitable<std::shared_ptr<Job>> await_starts(Services& services) {
  const Clock::time_point deadline = Clock::now() + kStartBound;
  for (const auto& job : services.jobs.live_in("")) {
    Alarm bound(services.io, job->changed());
    bound.set(std::max(deadline - Clock::now(), Clock::duration::zero()));
    while (job->starting_now()) {
      if (bound.gone_off()) co_return job;
      co_await job->changed().wait();
    }
  }
  co_return nullptr;
}

}  // namespace coppice::daemon
