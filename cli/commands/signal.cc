// coppice signal
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/trouble.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

// A signal that comes twice is not what was asked for.
nlohmann::json send_once(PersistentClient& client, const CallTarget& target) {
  client.refresh();
  try {
    return client.call_once(api::method::kSignal, target.parameters);
  } catch (const varlink::Disconnected& error) {
    throw Trouble("the connection broke (" + std::string(error.what()) + "): the signal for " + target.word +
                  " may have been sent or not");
  }
}

}  // namespace

int execute(const Context& context, const SignalOptions& options) {
  PersistentClient client(target_of(context.common));
  for (CallTarget& target : call_targets(client, options.jobs, std::nullopt)) {
    target.parameters["signal"] = options.signal;
    target.parameters["whom"] = options.all ? "all" : "main";
    const nlohmann::json reply = send_once(client, target);
    if (context.common.json) print_object(reply);
  }
  return kSuccess;
}

}  // namespace coppice::cli
