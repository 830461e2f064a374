// coppice renew
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

int execute(const Context& context, const RenewOptions& options) {
  PersistentClient client(target_of(context.common));
  for (const std::string& word : options.jobs) {
    const nlohmann::json reply = client.call(api::method::kRenew, job_parameter(client, word));
    if (context.common.json) {
      print_object(reply);
    } else if (!options.quiet) {
      const auto at = reply.at("expiresAt").get<std::int64_t>();
      print("the lease of " + printable(word) + " runs until " + human_time(at, microseconds_now()) + "\n");
    }
  }
  return kSuccess;
}

}  // namespace coppice::cli
