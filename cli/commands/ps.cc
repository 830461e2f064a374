// coppice ps
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/table.h"
#include "config/names.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// The state, or for an ended job how it ended, with the code.
Cell state_cell(const config::Job& job) {
  if (!job.result) {
    const std::string priority = job.state == config::State::queued ? priority_words(job) : "";
    return {std::string(config::name_of(job.state)) + priority, colour_of(job.state)};
  }
  std::string text(config::name_of(job.result->outcome));
  const int code = exit_code_of(*job.result);
  if (code != 0) text += " " + std::to_string(code);
  return {text, colour_of(job.result->outcome)};
}

std::vector<Cell> row_of(const config::Job& job, std::int64_t now) {
  return {{job.id, Colour::none},
          {job.name.value_or("-"), Colour::bold},
          {job.slice.empty() ? "-" : job.slice, Colour::none},
          state_cell(job),
          {age_words(job, now), Colour::none},
          {command_words(job), Colour::none}};
}

}  // namespace

int execute(const Context& context, const PsOptions& options) {
  varlink::Client client = connect(target_of(context.common));
  const JobFilter filter{options.all, options.slice, options.labels};
  Table table({"ID", "NAME", "SLICE", "STATE", "TIME", "COMMAND"});
  const std::int64_t now = microseconds_now();
  each_job(client, filter, [&](const json& job) {
    if (context.common.json)
      print_object(job);
    else
      table.add(row_of(api::job_from_json(job), now));
  });
  if (!table.empty()) print(table.text(context.out));
  if (table.empty() && !context.common.json && context.err.is_terminal)
    say(options.all ? "there are no jobs" : "there are no live jobs; -a lists ended ones too");
  return kSuccess;
}

}  // namespace coppice::cli
