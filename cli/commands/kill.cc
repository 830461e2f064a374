// coppice kill
#include <chrono>

#include "cli/commands.h"
#include "cli/commands/targets.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

void tell(const Context& context, const std::string& word, const json& reply, Clock::duration took) {
  std::vector<config::Process> killed;
  for (const json& process : reply.at("killed")) killed.push_back(api::process_from_json(process));
  const std::string time = human_duration(std::chrono::ceil<std::chrono::microseconds>(took));
  print("killed " + counted(killed.size(), "process", "processes") + " of " + word + " in " + time +
        (killed.empty() ? "\n" : ":\n") + process_lines(killed, context.out));
  // It was over before: then the natural end is what there is to tell.
  if (!killed.empty()) return;
  for (const auto& [id, result] : reply.at("results").items())
    print("job " + printable(id) + " " + ending_of(api::result_from_json(result)) + "\n");
}

}  // namespace

int execute(const Context& context, const KillOptions& options) {
  PersistentClient client(target_of(context.common));
  for (const CallTarget& target : call_targets(client, options.jobs, options.slice)) {
    const Clock::time_point start = Clock::now();
    const json reply = call_to_end(client, api::method::kKill, target.parameters);
    if (context.common.json)
      print_object(reply);
    else
      tell(context, target.word, reply, Clock::now() - start);
    flush();
  }
  return kSuccess;
}

}  // namespace coppice::cli
