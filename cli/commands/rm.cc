// coppice rm
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/output.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::vector<json> calls_of(varlink::Client& client, const RmOptions& options) {
  if (options.jobs.empty()) {
    using std::chrono::duration_cast, std::chrono::microseconds;
    const std::int64_t age = duration_cast<microseconds>(options.older_than.value_or(Milliseconds(0))).count();
    // What has ended by now; --all counts this very instant in.
    const std::int64_t before = microseconds_now() - age + (options.all ? 1 : 0);
    return std::vector<json>(1, json::object({{"endedBefore", before}}));
  }
  std::vector<json> calls;
  for (CallTarget& target : call_targets(client, options.jobs, std::nullopt))
    calls.push_back(std::move(target.parameters));
  return calls;
}

}  // namespace

int execute(const Context& context, const RmOptions& options) {
  varlink::Client client = connect(target_of(context.common));
  std::int64_t removed = 0;
  for (const json& parameters : calls_of(client, options)) {
    const json reply = client.call(api::method::kRemove, parameters);
    removed += reply.at("removed").get<std::int64_t>();
    if (context.common.json) print_object(reply);
  }
  if (!context.common.json)
    print("removed " + counted(static_cast<std::size_t>(removed), "job", "jobs") + "\n");
  return kSuccess;
}

}  // namespace coppice::cli
