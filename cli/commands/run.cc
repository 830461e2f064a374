// coppice run
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/bound_process.h"
#include "cli/commands/start_job.h"
#include "cli/exit_code.h"
#include "cli/foreground.h"
#include "cli/job_ending.h"
#include "cli/output.h"
#include "cli/raw_terminal.h"
#include "cli/spec.h"
#include "config/check.h"

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

// Where nothing else was asked for, the job has the streams and the life of this command. What is left out of a job
// with a terminal goes there.
config::JobSpec foreground_spec(const JobOptions& options) {
  config::JobSpec spec = job_spec(options, caller_of_this_process());
  if (!spec.lifetime) spec.lifetime = config::Lifetime{config::Lifetime::Bound::connection, {}, {}};
  if (config::has_terminal(spec)) {
    require_terminal("coppice run --tty", "leave --tty out, or use coppice start --tty");
    // When this terminal goes away the job's hangs up, which a shell hears and SIGTERM is not.
    if (!spec.stopping) spec.stopping = config::Stopping();
    if (!spec.stopping->signal) spec.stopping->signal = "SIGHUP";
    return spec;
  }
  if (!spec.input && !spec.input_data) spec.input = own_stream(STDIN_FILENO);
  const bool heard = spec.limits.silence.has_value();
  if (!spec.output) spec.output = heard ? heard_stream() : own_stream(STDOUT_FILENO);
  if (!spec.error) spec.error = heard ? heard_stream() : own_stream(STDERR_FILENO);
  return spec;
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
  config::JobSpec spec = foreground_spec(options.job);
  const bool terminal = config::has_terminal(spec);
  // Behind descriptors 0, 1 and 2, where they are sent.
  const SentSpec sent = send_as(std::move(spec), open_bound_process(options.job), terminal ? 0 : 3);
  const Target target = target_of(context.common);
  Foreground foreground(connect_or_start(target), target, telling(context, options));
  const Foreground::Ending ending = terminal ? foreground.run_in_terminal(sent.json, sent.descriptors())
                                             : foreground.run(sent.json, sent.descriptors());
  if (!ending.result.is_null()) return tell_ending(context, options.quiet, ending.job, ending.result);
  if (ending.interrupted != 0) {
    say("interrupted; the daemon ends the job");
    return kSignalBase + ending.interrupted;
  }
  say("the daemon told no result");
  return kNoJob;
}

}  // namespace coppice::cli
