// coppice wait
#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/trouble.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

// The time is for all jobs together.
json parameters_for(json job, const std::optional<Clock::time_point>& deadline) {
  json parameters = std::move(job);
  parameters["unchecked"] = true;
  if (deadline) {
    const auto left = std::chrono::ceil<Milliseconds>(*deadline - Clock::now());
    parameters["timeout"] = std::max<std::int64_t>(0, left.count());
  }
  return parameters;
}

}  // namespace

int execute(const Context& context, const WaitOptions& options) {
  PersistentClient client(target_of(context.common));
  std::optional<Clock::time_point> deadline;
  if (options.timeout) deadline = Clock::now() + *options.timeout;
  int code = kSuccess;
  for (const std::string& word : options.jobs) {
    try {
      const json job = job_parameter(client, word);
      const json reply = client.call_anew(api::method::kWait, [&] { return parameters_for(job, deadline); });
      const config::Result result = api::result_from_json(reply.at("result"));
      if (code == kSuccess) code = exit_code_of(result);
      if (context.common.json) print_object(reply.at("result"));
      if (!context.common.json && !options.quiet) print(printable(word) + " " + ending_of(result) + "\n");
      flush();
    } catch (const varlink::MethodError& error) {
      if (error.name() != api::error::kTimedOut) throw;
      if (!options.quiet) say("the time is up and " + printable(word) + " goes on");
      return kTimedOut;
    }
  }
  return code;
}

}  // namespace coppice::cli
