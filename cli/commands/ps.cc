// coppice ps
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

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

// By their ids, which is in the order of their starts.
using Jobs = std::map<std::string, json>;

void collect(PersistentClient& client, const JobFilter& filter, Jobs& jobs) {
  each_job(client, filter, [&](const json& job) { jobs.insert_or_assign(job.at("id").get<std::string>(), job); });
}

JobFilter live_jobs(const PsOptions& options) { return {.slice = options.slice, .labels = options.labels}; }

// One more than wanted tells that there are more: that one is the oldest, and left out. True if so.
bool collect_ended(PersistentClient& client, const PsOptions& options, Jobs& jobs) {
  JobFilter filter = live_jobs(options);
  filter.which = JobFilter::Which::ended;
  filter.limit = options.limit + 1;
  Jobs ended;
  collect(client, filter, ended);
  const bool more = static_cast<std::int64_t>(ended.size()) > options.limit;
  if (more) ended.erase(ended.begin());
  // One that has ended between the two questions is in both.
  for (auto& [id, job] : ended) jobs.insert_or_assign(id, std::move(job));
  return more;
}

void show(const Context& context, const Jobs& jobs) {
  Table table(job_titles(EndColumn::left_out));
  const std::int64_t now = microseconds_now();
  for (const auto& [id, job] : jobs) {
    if (context.common.json)
      print_object(job);
    else
      table.add(job_row(api::job_from_json(job), EndColumn::left_out, now));
  }
  if (!table.empty()) print(table.text(context.out));
}

}  // namespace

int execute(const Context& context, const PsOptions& options) {
  PersistentClient client(target_of(context.common));
  Jobs jobs;
  collect(client, live_jobs(options), jobs);
  const bool more = options.all && collect_ended(client, options, jobs);
  show(context, jobs);
  if (more)
    say("these are the latest " + std::to_string(options.limit) +
        " that have ended, and there are more: --limit, or coppice history");
  if (jobs.empty() && !context.common.json && context.err.is_terminal)
    say(options.all ? "there are no jobs" : "there are no live jobs; -a lists ended ones too");
  return kSuccess;
}

}  // namespace coppice::cli
