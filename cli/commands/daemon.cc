// coppice daemon upgrade, coppice daemon reload
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/terminal.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr char kGetInfo[] = "org.varlink.service.GetInfo";

std::string listed(const json& names) {
  std::string text;
  for (const json& name : names) text += (text.empty() ? "" : ", ") + printable(name.get<std::string>());
  return text;
}

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

int execute(const Context& context, const DaemonReloadOptions& /*options*/) {
  PersistentClient client(target_of(context.common));
  const json answer = client.call(api::method::kReload, json::object());
  if (context.common.json) {
    print_object(answer);
    return kSuccess;
  }
  const json& changed = answer.at("changed");
  const json& waiting = answer.at("needsRestart");
  print(changed.empty() ? "nothing has changed\n" : "changed: " + listed(changed) + "\n");
  if (!waiting.empty()) print("from the next start of the daemon: " + listed(waiting) + "\n");
  return kSuccess;
}

}  // namespace coppice::cli
