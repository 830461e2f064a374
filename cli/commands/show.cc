// coppice show
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/job_file/job_file_text.h"
#include "cli/output.h"
#include "cli/spec.h"
#include "cli/terminal.h"
#include "cli/trouble.h"
#include "config/check.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// What the daemon of this version would refuse, as far as it can be told from the specification alone.
std::string refusal_of(const config::JobSpec& spec) {
  try {
    config::check(spec);
    config::require_supported(spec);
    return "";
  } catch (const config::InvalidSpec& error) {
    return error.what();
  } catch (const config::LimitUnavailable& error) {
    return std::string("spec.limits.") + error.what();
  } catch (const config::ContainmentUnavailable& error) {
    return std::string("spec.containmentRequired: ") + error.what();
  }
}

void show_object(const config::JobSpec& spec) {
  const json object = api::to_json(spec);
  try {
    static_cast<void>(object.dump());
  } catch (const json::exception&) {
    throw Trouble("JSON cannot show it, for some of it is not UTF-8: leave --json out to see what");
  }
  print_object(object);
}

void show_text(const Described& job) {
  const std::size_t inherited = job.spec.environment.size() - job.own.size();
  config::JobSpec spec = job.spec;
  spec.environment = job.own;
  spec.inherit_environment.reset();
  if (!job.inherits) spec.inherit_environment = false;
  print(job_file_text(spec));
  if (job.inherits) print("\n# With " + counted(inherited, "variable", "variables") + " of here besides.\n");
  if (const std::string refusal = refusal_of(job.spec); !refusal.empty())
    print("\n# A daemon of this version refuses it. " + printable(refusal) + "\n");
}

}  // namespace

int execute(const Context& context, const ShowOptions& options) {
  const Described job = describe_job(options.job, caller_of_this_process());
  if (context.common.json)
    show_object(job.spec);
  else
    show_text(job);
  return kSuccess;
}

}  // namespace coppice::cli
