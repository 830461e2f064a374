#include "cli/commands/targets.h"

#include "cli/jobs.h"
#include "cli/terminal.h"

namespace coppice::cli {

std::vector<CallTarget> call_targets(varlink::Client& client, const std::vector<std::string>& jobs,
                                     const std::optional<std::string>& slice) {
  std::vector<CallTarget> targets;
  // The empty name is the slice of all jobs.
  if (slice) targets.push_back({slice->empty() ? "all slices" : "slice " + printable(*slice), {{"slice", *slice}}});
  for (const std::string& word : jobs)
    targets.push_back({"job " + printable(word), job_parameter(client, word)});
  return targets;
}

}  // namespace coppice::cli
