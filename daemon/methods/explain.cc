#include "daemon/explain.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/methods/methods.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {

asio::awaitable<void> explain(varlink::Call& call, Services& services) {
  nlohmann::json facts = nlohmann::json::array();
  for (const config::Fact& fact : explain(services)) facts.push_back(api::to_json(fact));
  nlohmann::json answer = {{"facts", std::move(facts)}};
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
