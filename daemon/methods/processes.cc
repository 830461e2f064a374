#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/errors.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "daemon/process_view.h"
#include "daemon/tree_listing.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
asio::awaitable<void> processes(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  nlohmann::json answer = {{"processes", nlohmann::json::array()},
                           {"usage", api::to_json(config::Usage{})}};
  if (job->over()) {
    if (job->result().usage) answer["usage"] = api::to_json(*job->result().usage);
  } else if (job->control()) {
    if (const auto usage = usage_now(*job)) answer["usage"] = api::to_json(*usage);
    auto listing = list_running_tree(services, job->control()->pen());
    const auto found = co_await std::move(listing);
    for (const auto& info : found)
      answer["processes"].push_back(api::to_json(view(info, job->owner())));
  }
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
