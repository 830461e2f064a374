// coppice events
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// As wide as the longest event.
constexpr std::size_t kEventWidth = 10;

std::string line_of(const Context& context, const json& reply) {
  const std::string event = printable(reply.at("event").get<std::string>());
  const auto at = reply.at("at").get<std::int64_t>();
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(at / 1000 % 1000));
  std::string line = context.out.paint(Colour::grey, human_time(at, microseconds_now()) + fraction) + " " +
                     context.out.paint(Colour::cyan, event) +
                     std::string(event.size() < kEventWidth ? kEventWidth - event.size() : 0, ' ');
  // Of events that were dropped there is no job to tell.
  const auto object = reply.find("job");
  if (event == "overrun" || object == reply.end() || !object->is_object()) return line + "\n";
  const config::Job job = api::job_from_json(*object);
  line += " " + job_title(*object);
  line += job.result ? " " + ending_of(*job.result) : " " + printable(command_words(job));
  return line + "\n";
}

}  // namespace

int execute(const Context& context, const EventsOptions& options) {
  varlink::Client client = connect(target_of(context.common));
  json parameters = json::object();
  if (options.slice) parameters["slice"] = *options.slice;
  if (!options.labels.empty()) parameters["labels"] = options.labels;
  if (options.since) parameters["since"] = *options.since;
  stream(client, api::method::kSubscribe, parameters, [&](const json& reply) {
    if (context.common.json)
      print_object(reply);
    else
      print(line_of(context, reply));
    flush();
  });
  return kSuccess;
}

}  // namespace coppice::cli
