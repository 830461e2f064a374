// coppice run
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands/start_job.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/foreground.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

json foreground_spec(const JobOptions& options) {
  json spec = spec_object(options);
  const char* const streams[] = {"input", "output", "error"};
  for (int fd = 0; fd < 3; ++fd)
    if (!spec.contains(streams[fd])) spec[streams[fd]] = {{"kind", "fd"}, {"fd", fd}};
  spec["lifetime"] = {{"bound", "connection"}};
  return spec;
}

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

int tell(const Context& context, const RunOptions& options, const Foreground::Ending& ending) {
  const config::Result result = api::result_from_json(ending.result);
  if (context.common.json) {
    json job = ending.job;
    job["state"] = "ended";
    job["result"] = ending.result;
    // Standard output is the job's.
    say_object(job);
    return exit_code_of(result);
  }
  if (!speaks_for_itself(result)) say(job_title(ending.job) + " " + ending_of(result));
  if (!options.quiet) tell_leftovers(context, result);
  return exit_code_of(result);
}

// To wait in a queue is worth a line to somebody who sits there, and noise in a log.
Foreground::Telling telling(const Context& context, const RunOptions& options) {
  if (options.quiet) return Foreground::Telling::nothing;
  const bool watched = context.err.is_terminal && !context.common.json;
  return watched ? Foreground::Telling::all : Foreground::Telling::interrupts;
}

}  // namespace

int execute(const Context& context, const RunOptions& options) {
  if (options.detach) return start_detached(context, options.job);
  // A reader of ours that went away must not end us: the job is still to be ended and told of.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const json spec = foreground_spec(options.job);
  const Target target = target_of(context.common);
  Foreground foreground(connect_or_start(target), target, telling(context, options));
  const Foreground::Ending ending = foreground.run(spec);
  if (!ending.result.is_null()) return tell(context, options, ending);
  if (ending.interrupted != 0) {
    say("interrupted; the daemon ends the job");
    return kSignalBase + ending.interrupted;
  }
  say("the daemon told no result");
  return kNoJob;
}

}  // namespace coppice::cli
