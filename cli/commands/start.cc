// coppice start
#include <nlohmann/json.hpp>

#include "cli/commands/start_job.h"
#include "cli/connect.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/spec.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {

using nlohmann::json;

json spec_object(const JobOptions& options) {
  std::vector<std::string> left_out;
  const config::JobSpec spec = job_spec(options, caller_of_this_process(), left_out);
  for (const std::string& name : left_out)
    say("the variable " + printable(name) + " is not UTF-8 and is left out");
  return api::to_json(spec);
}

int start_detached(const Context& context, const JobOptions& options) {
  json spec = spec_object(options);
  if (!spec.contains("input")) spec["input"] = {{"kind", "null"}};
  if (!spec.contains("output")) spec["output"] = {{"kind", "log"}};
  spec["lifetime"] = {{"bound", "detached"}};
  varlink::Client client = connect_or_start(target_of(context.common));
  const json reply = client.call(api::method::kStart, {{"spec", spec}});
  const json& job = reply.at("job");
  if (context.common.json)
    print_object(job);
  else
    print(job.at("id").get<std::string>() + "\n");
  return kSuccess;
}

int execute(const Context& context, const StartOptions& options) {
  return start_detached(context, options.job);
}

}  // namespace coppice::cli
