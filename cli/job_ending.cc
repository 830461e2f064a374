#include "cli/job_ending.h"

#include <nlohmann/json.hpp>
#include <string>

#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

void tell_leftovers(const Context& context, const config::Result& result) {
  if (result.leftovers.empty()) return;
  std::string text = "killed " + counted(result.leftovers.size(), "process", "processes") +
                     " that outlived the command:\n" + process_lines(result.leftovers, context.err);
  text.pop_back();
  say(text);
}

// A plain exit code says all there is to say, and so does silence for success.
bool speaks_for_itself(const config::Result& result) {
  const bool plain = result.outcome == config::Outcome::succeeded ||
                     (result.outcome == config::Outcome::failed && !result.exits.empty() &&
                      result.exits.back().code.has_value());
  return plain && !result.detail;
}

}  // namespace

int tell_ending(const Context& context, bool quiet, const json& job, const json& result) {
  const config::Result known = api::result_from_json(result);
  if (context.common.json) {
    json object = job;
    object["state"] = "ended";
    object["result"] = result;
    say_object(object);
    return exit_code_of(known);
  }
  if (!speaks_for_itself(known)) say(job_title(job) + " " + ending_of(known));
  if (!quiet) tell_leftovers(context, known);
  return exit_code_of(known);
}

}  // namespace coppice::cli
