// coppice events
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
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

// How far a reader has come, should the connection break.
class Place {
 public:
  explicit Place(std::optional<std::int64_t> since) : since_(since) {}

  // What to ask for. Who has not been told of any event yet gets all that are kept, to find those since it began.
  std::optional<std::int64_t> resume() {
    catching_up_ = std::exchange(begun_, true) && !since_;
    return catching_up_ ? std::optional<std::int64_t>(0) : since_;
  }

  // False for an event that was not asked for.
  bool take(const json& reply) {
    if (catching_up_ && reply.at("at").get<std::int64_t>() < began_at_) return false;
    catching_up_ = false;
    since_ = reply.at("sequence").get<std::int64_t>();
    return true;
  }

 private:
  std::optional<std::int64_t> since_;
  const std::int64_t began_at_ = microseconds_now();
  bool begun_ = false;
  bool catching_up_ = false;
};

}  // namespace

int execute(const Context& context, const EventsOptions& options) {
  PersistentClient client(target_of(context.common));
  Place place(options.since);
  const auto parameters = [&] {
    json wanted = json::object();
    if (options.slice) wanted["slice"] = *options.slice;
    if (!options.labels.empty()) wanted["labels"] = options.labels;
    if (const auto since = place.resume()) wanted["since"] = *since;
    return wanted;
  };
  client.stream(api::method::kSubscribe, parameters, [&](const json& reply) {
    if (!place.take(reply)) return;
    if (context.common.json)
      print_object(reply);
    else
      print(line_of(context, reply));
    flush();
  });
  return kSuccess;
}

}  // namespace coppice::cli
