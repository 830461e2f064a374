// coppice slice set, coppice slice list
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/limit_words.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/table.h"
#include "config/limits.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::vector<Cell> row_of(const config::Slice& slice, bool limits) {
  std::vector<Cell> row = {{slice.name.empty() ? "-" : slice.name, Colour::bold},
          {slice.max_jobs ? std::to_string(*slice.max_jobs) : "unlimited", Colour::none},
          {std::to_string(slice.live), Colour::none},
          {std::to_string(slice.queued), slice.queued > 0 ? Colour::yellow : Colour::none}};
  if (limits) row.push_back({limit_words(slice.limits), Colour::none});
  return row;
}

Table table_of(const std::vector<config::Slice>& slices) {
  const bool limits = std::ranges::any_of(slices, [](const auto& slice) { return !config::unlimited(slice.limits); });
  std::vector<std::string> titles = {"NAME", "JOBS", "LIVE", "QUEUED"};
  if (limits) titles.emplace_back("LIMITS");
  Table table(std::move(titles));
  for (const config::Slice& slice : slices) table.add(row_of(slice, limits));
  return table;
}

// With a limit, what is not named stays.
json parameters_of(const SliceSetOptions& options) {
  json parameters = {{"slice", options.slice}};
  if (options.max_jobs) parameters["maxJobs"] = *options.max_jobs;
  const config::Limits limits = limits_of(options.change.limits);
  std::vector<std::string> lift = options.change.lift;
  if (config::unlimited(limits) && lift.empty()) return parameters;
  if (options.bounds_jobs && !options.max_jobs) lift.emplace_back("maxJobs");
  parameters["limits"] = api::to_json(limits);
  parameters["lift"] = lift;
  return parameters;
}

void each_slice(PersistentClient& client, const std::optional<std::string>& slice,
                const std::function<void(const json&)>& each) {
  json parameters = json::object();
  if (slice) parameters["slice"] = *slice;
  try {
    // Of a list that was broken off, see each_job().
    std::set<std::string> told;
    client.stream(api::method::kListSlices, [&] { return parameters; }, [&](const json& reply) {
      const json& found = reply.at("slice");
      if (told.insert(found.at("name").get<std::string>()).second) each(found);
    });
  } catch (const varlink::MethodError& error) {
    // That is how the daemon lists nothing.
    if (error.name() != api::error::kNoSuchSlice) throw;
  }
}

}  // namespace

int execute(const Context& context, const SliceSetOptions& options) {
  const json parameters = parameters_of(options);
  const Target target = target_of(context.common);
  PersistentClient client(target, connect_or_start(target));
  const json reply = client.call(api::method::kSetSlice, parameters);
  if (context.common.json) print_object(reply.at("slice"));
  return kSuccess;
}

int execute(const Context& context, const SliceListOptions& options) {
  PersistentClient client(target_of(context.common));
  std::vector<config::Slice> slices;
  each_slice(client, options.slice, [&](const json& slice) {
    if (context.common.json)
      print_object(slice);
    else
      slices.push_back(api::slice_from_json(slice));
  });
  if (!slices.empty()) print(table_of(slices).text(context.out));
  if (slices.empty() && !context.common.json && context.err.is_terminal)
    say("no slice has a bound or a job: coppice slice set SLICE --jobs N bounds one");
  return kSuccess;
}

}  // namespace coppice::cli
