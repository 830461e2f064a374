// coppice run
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/bound_process.h"
#include "cli/commands/start_job.h"
#include "cli/draw.h"
#include "cli/exit_code.h"
#include "cli/foreground.h"
#include "cli/human.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/spec.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

config::Stream own_stream(int fd) {
  config::Stream stream;
  stream.kind = config::Stream::Kind::fd;
  stream.fd = fd;
  return stream;
}

// The daemon hears only what goes through it; from there it is passed on to us.
config::Stream heard_stream() {
  config::Stream stream;
  stream.kind = config::Stream::Kind::log;
  return stream;
}

// Where nothing else was asked for, the job has this terminal and the life of this command.
config::JobSpec foreground_spec(const JobOptions& options) {
  config::JobSpec spec = job_spec(options, caller_of_this_process());
  const bool heard = spec.limits.silence.has_value();
  if (!spec.input && !spec.input_data) spec.input = own_stream(STDIN_FILENO);
  if (!spec.output) spec.output = heard ? heard_stream() : own_stream(STDOUT_FILENO);
  if (!spec.error) spec.error = heard ? heard_stream() : own_stream(STDERR_FILENO);
  if (!spec.lifetime) spec.lifetime = config::Lifetime{config::Lifetime::Bound::connection, {}, {}};
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
  if (options.detach) return start_detached(context, options.job, config::Stream::Kind::null);
  // A reader of ours that went away must not end us: the job is still to be ended and told of.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // Behind descriptors 0, 1 and 2.
  const SentSpec sent = send_as(foreground_spec(options.job), open_bound_process(options.job), 3);
  const Target target = target_of(context.common);
  Foreground foreground(connect_or_start(target), target, telling(context, options));
  const Foreground::Ending ending = foreground.run(sent.json, sent.descriptors());
  if (!ending.result.is_null()) return tell(context, options, ending);
  if (ending.interrupted != 0) {
    say("interrupted; the daemon ends the job");
    return kSignalBase + ending.interrupted;
  }
  say("the daemon told no result");
  return kNoJob;
}

}  // namespace coppice::cli
