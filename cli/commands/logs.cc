// coppice logs
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"

namespace coppice::cli {

using nlohmann::json;

int execute(const Context& context, const LogsOptions& options) {
  PersistentClient client(target_of(context.common));
  json parameters = job_parameter(client, options.job);
  if (options.stream) parameters["stream"] = *options.stream;
  if (options.offset) parameters["offset"] = *options.offset;
  if (options.since) parameters["since"] = *options.since;
  if (options.tail) parameters["tail"] = *options.tail;
  if (options.timestamps) parameters["timed"] = true;
  parameters["follow"] = options.follow;
  if (!context.common.json) {
    print_log(client, std::move(parameters));
    return kSuccess;
  }
  read_log(client, std::move(parameters), [](const json& piece) { print_object(piece); });
  return kSuccess;
}

}  // namespace coppice::cli
