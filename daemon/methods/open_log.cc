#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "daemon/methods/find_log.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"

namespace coppice::daemon {

asio::awaitable<void> open_log(varlink::Call& call, Services& services) {
  const auto job = co_await find_job(call, services);
  const auto log = find_log(*job, call.parameters());
  std::vector<UniqueFd> descriptors;
  auto opening = log->open_afresh();
  descriptors.push_back(co_await std::move(opening));
  nlohmann::json answer = {{"fd", 0}};
  auto replying = call.reply(std::move(answer), std::move(descriptors));
  co_await std::move(replying);
}

}  // namespace coppice::daemon
