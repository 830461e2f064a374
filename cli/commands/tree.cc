// coppice tree
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "config/names.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

void show(const Context& context, const json& job_object, const json& reply) {
  const config::Job job = api::job_from_json(job_object);
  std::vector<config::Process> processes;
  for (const json& process : reply.at("processes")) processes.push_back(api::process_from_json(process));
  const config::Usage usage = api::usage_from_json(reply.at("usage"));
  const std::string state(config::name_of(job.state));
  print(context.out.paint(Colour::bold, job_title(job_object)) + " " +
        context.out.paint(colour_of(job.state), state) + ", " +
        counted(processes.size(), "process", "processes") + ", " + usage_words(usage) + "\n" +
        process_tree(processes, context.out));
}

}  // namespace

int execute(const Context& context, const TreeOptions& options) {
  PersistentClient client(target_of(context.common));
  for (const std::string& word : options.jobs) {
    const json job = find_job(client, word);
    const json reply = client.call(api::method::kProcesses, {{"job", {{"id", job.at("id")}}}});
    if (context.common.json)
      print_object(reply);
    else
      show(context, job, reply);
  }
  return kSuccess;
}

}  // namespace coppice::cli
