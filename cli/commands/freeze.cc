// coppice freeze, coppice thaw
#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

template <typename Options>
int call_each(const Context& context, const Options& options, const char* method) {
  PersistentClient client(target_of(context.common));
  for (const CallTarget& target : call_targets(client, options.jobs, options.slice)) {
    const nlohmann::json reply = client.call(method, target.parameters);
    if (context.common.json) print_object(reply);
  }
  return kSuccess;
}

}  // namespace

int execute(const Context& context, const FreezeOptions& options) {
  return call_each(context, options, api::method::kFreeze);
}

int execute(const Context& context, const ThawOptions& options) {
  return call_each(context, options, api::method::kThaw);
}

}  // namespace coppice::cli
