#include "daemon/reload.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "daemon/methods/methods.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {
namespace {

varlink::MethodError refused(const ReloadRefused& why) {
  nlohmann::json problems = nlohmann::json::array();
  for (const std::string& fault : why.faults()) problems.push_back(api::escape_bytes(fault));
  return {api::error::kReloadRefused, {{"problems", std::move(problems)}}};
}

}  // namespace

asio::awaitable<void> reload(varlink::Call& call, Services& services) {
  require_manager(call, services, "only root and the user that the daemon runs as make it read its settings again");
  nlohmann::json answer;
  try {
    auto reloading = services.reload->run();
    Reload::Outcome outcome = co_await std::move(reloading);
    answer = {{"changed", std::move(outcome.changed)}, {"needsRestart", std::move(outcome.needs_restart)}};
  } catch (const ReloadRefused& why) {
    throw refused(why);
  }
  co_await call.reply(std::move(answer));
}

}  // namespace coppice::daemon
