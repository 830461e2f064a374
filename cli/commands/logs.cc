// coppice logs
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

using nlohmann::json;

int execute(const Context& context, const LogsOptions& options) {
  varlink::Client client = connect(target_of(context.common));
  json parameters = job_parameter(client, options.job);
  if (options.stream) parameters["stream"] = *options.stream;
  if (options.offset) parameters["offset"] = *options.offset;
  parameters["follow"] = options.follow;
  if (!context.common.json) {
    print_log(client, parameters);
    return kSuccess;
  }
  stream(client, api::method::kReadLog, parameters, [&](const json& reply) {
    print_object(reply);
    if (options.follow) flush();
  });
  return kSuccess;
}

}  // namespace coppice::cli
