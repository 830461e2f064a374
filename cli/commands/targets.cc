#include "cli/commands/targets.h"

#include "cli/jobs.h"
#include "cli/persistent_client.h"
#include "cli/terminal.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

std::vector<CallTarget> call_targets(PersistentClient& client, const std::vector<std::string>& jobs,
                                     const std::optional<std::string>& slice) {
  std::vector<CallTarget> targets;
  // The empty name is the slice of all jobs.
  if (slice) targets.push_back({slice->empty() ? "all slices" : "slice " + printable(*slice), {{"slice", *slice}}});
  for (const std::string& word : jobs)
    targets.push_back({"job " + printable(word), job_parameter(client, word)});
  return targets;
}

nlohmann::json call_to_end(PersistentClient& client, const char* method, const nlohmann::json& parameters) {
  try {
    return client.call(method, parameters);
  } catch (const varlink::MethodError& error) {
    if (!client.repeated() || error.name() != api::error::kNoSuchSlice) throw;
    return {{"killed", nlohmann::json::array()}, {"results", nlohmann::json::object()}};
  }
}

}  // namespace coppice::cli
