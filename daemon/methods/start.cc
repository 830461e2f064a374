#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/job_start.h"
#include "daemon/methods/methods.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {

asio::awaitable<void> start(varlink::Call& call, Services& services) {
  const auto job = co_await start_job(call, services, config::Lifetime::Bound::detached);
  nlohmann::json answer = {{"job", api::to_json(*job->snapshot())}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
