// coppice daemon upgrade
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr char kGetInfo[] = "org.varlink.service.GetInfo";

}  // namespace

int execute(const Context& context, const DaemonUpgradeOptions& /*options*/) {
  PersistentClient client(target_of(context.common));
  const json upgrade = client.call_once(api::method::kUpgrade, json::object());
  // Answered by the one that follows, once it serves.
  client.reconnect();
  const json info = client.call(kGetInfo, json::object());
  if (context.common.json) {
    print_object(upgrade);
  } else {
    print("upgraded from " + upgrade.at("from").get<std::string>() + " to " + info.at("version").get<std::string>() +
          "; jobs went on\n");
  }
  return kSuccess;
}

}  // namespace coppice::cli
