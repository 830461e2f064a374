// coppice rm
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::vector<json> calls_of(PersistentClient& client, const RmOptions& options) {
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

// What a first call has removed before its connection broke is unknown to the second.
json remove(PersistentClient& client, const json& parameters) {
  try {
    return client.call(api::method::kRemove, parameters);
  } catch (const varlink::MethodError& error) {
    if (!client.repeated() || error.name() != api::error::kNoSuchJob) throw;
    return {{"removed", 1}};
  }
}

}  // namespace

int execute(const Context& context, const RmOptions& options) {
  PersistentClient client(target_of(context.common));
  std::int64_t removed = 0;
  for (const json& parameters : calls_of(client, options)) {
    const json reply = remove(client, parameters);
    removed += reply.at("removed").get<std::int64_t>();
    if (context.common.json) print_object(reply);
  }
  if (!context.common.json)
    print("removed " + counted(static_cast<std::size_t>(removed), "job", "jobs") + "\n");
  return kSuccess;
}

}  // namespace coppice::cli
