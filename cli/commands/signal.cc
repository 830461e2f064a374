// coppice signal
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

int execute(const Context& context, const SignalOptions& options) {
  varlink::Client client = connect(target_of(context.common));
  for (CallTarget& target : call_targets(client, options.jobs, std::nullopt)) {
    target.parameters["signal"] = options.signal;
    target.parameters["whom"] = options.all ? "all" : "main";
    const nlohmann::json reply = client.call(api::method::kSignal, target.parameters);
    if (context.common.json) print_object(reply);
  }
  return kSuccess;
}

}  // namespace coppice::cli
