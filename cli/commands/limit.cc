// coppice limit
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/limit_words.h"
#include "cli/persistent_client.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

int execute(const Context& context, const LimitJobOptions& options) {
  PersistentClient client(target_of(context.common));
  for (const std::string& word : options.jobs) {
    nlohmann::json parameters = job_parameter(client, word);
    parameters["limits"] = api::to_json(limits_of(options.change.limits));
    if (!options.change.lift.empty()) parameters["lift"] = options.change.lift;
    client.call(api::method::kSetLimits, parameters);
  }
  return kSuccess;
}

}  // namespace coppice::cli
