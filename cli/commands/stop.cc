// coppice stop
#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/spec.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

using nlohmann::json;

int execute(const Context& context, const StopOptions& options) {
  PersistentClient client(target_of(context.common));
  for (CallTarget& target : call_targets(client, options.jobs, options.slice)) {
    target.parameters["stopping"] = api::to_json(stopping_of(options.stopping));
    const json reply = call_to_end(client, api::method::kStop, target.parameters);
    if (context.common.json) {
      print_object(reply);
    } else {
      for (const auto& [id, result] : reply.at("results").items())
        print((options.slice ? "job " + printable(id) : target.word) + " " +
              ending_of(api::result_from_json(result)) + "\n");
    }
    flush();
  }
  return kSuccess;
}

}  // namespace coppice::cli
