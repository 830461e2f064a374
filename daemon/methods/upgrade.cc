#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/version.h"
#include "daemon/methods/methods.h"
#include "daemon/output/run_on.h"
#include "daemon/program_check.h"
#include "ipc/api/interface.h"

namespace coppice::daemon {
namespace {

varlink::MethodError refused(const std::string& reason) {
  return {api::error::kUpgradeRefused, {{"reason", reason}}};
}

}  // namespace

asio::awaitable<void> upgrade(varlink::Call& call, Services& services) {
  require_manager(call, services, "only root and the user that the daemon runs as put another in its place");
  if (services.starts_held || services.shutting_down) throw refused("the daemon is ending, or in the middle of another upgrade");
  const StartsHeld held(services);
  auto work = [programs = own_programs(services.keeper.keeper_pid())] { return check_programs(programs); };
  auto checking = run_on(services.output.reading(), services.io, std::move(work));
  const ProgramCheck check = co_await std::move(checking);
  if (!check.problem.empty()) throw refused(check.problem);
  if (const auto hanging = co_await await_starts(services))
    throw refused("job " + hanging->id() + " hangs in its start: end it, and try again");
  nlohmann::json answer = {{"from", kVersion}, {"to", check.version}};
  co_await call.reply(std::move(answer));
  services.parting = Parting::upgrade;
}

}  // namespace coppice::daemon
