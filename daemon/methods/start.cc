#include <utility>

#include "daemon/job_start.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/tell_started.h"

namespace coppice::daemon {

asio::awaitable<void> start(varlink::Call& call, Services& services) {
  StartedJob started = co_await start_job(call, services, config::Lifetime::Bound::detached);
  auto telling = tell_started(call, std::move(started), false);
  co_await std::move(telling);
}

}  // namespace coppice::daemon
