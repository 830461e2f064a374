// coppice history
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/job_rows.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/table.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// One more than wanted, to tell that there are more.
json parameters_for(const HistoryOptions& options) {
  json parameters = {{"limit", options.limit + 1}};
  if (options.name) parameters["name"] = *options.name;
  if (options.slice) parameters["slice"] = *options.slice;
  if (!options.labels.empty()) parameters["labels"] = options.labels;
  if (!options.outcomes.empty()) parameters["outcomes"] = options.outcomes;
  if (options.since) parameters["endedSince"] = *options.since;
  if (options.before) parameters["endedBefore"] = *options.before;
  return parameters;
}

}  // namespace

int execute(const Context& context, const HistoryOptions& options) {
  PersistentClient client(target_of(context.common));
  Table table(job_titles(EndColumn::shown));
  const std::int64_t now = microseconds_now();
  std::int64_t count = 0;
  each_ended(client, parameters_for(options), [&](const json& job) {
    if (++count > options.limit) return;
    if (context.common.json)
      print_object(job);
    else
      table.add(job_row(api::job_from_json(job), EndColumn::shown, now));
  });
  if (!table.empty()) print(table.text(context.out));
  if (count > options.limit)
    say("these are the latest " + std::to_string(options.limit) + ", and there are more: --limit shows them");
  if (count == 0 && !context.common.json && context.err.is_terminal) say("there are no such jobs");
  return kSuccess;
}

}  // namespace coppice::cli
