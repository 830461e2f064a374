// The streams of a job that an earlier supervisor has opened.
#include <fcntl.h>

#include <utility>

#include "config/check.h"
#include "daemon/outlet.h"
#include "daemon/restarts.h"
#include "daemon/streams.h"
#include "daemon/streams_parts.h"

namespace coppice::daemon {
namespace {

using Kind = config::Stream::Kind;

// A job that has yet to be executed, or may be again, needs ends of its own.
bool wants_ends(const Job& job) {
  return !job.record().attempt.executed_at || Restarts::wanted(job.spec().restart);
}

UniqueFd take_over_input(const Job& job, HeldDescriptors& held, KeeperClient& keeper, bool wanted) {
  const config::JobSpec& spec = job.spec();
  if (job.input()) {
    job.input()->take_over(take(held, held::kFeed), take(held, held::kFeedData));
    watch_feed(job, keeper);
    return take(held, held::kFeedReader);
  }
  if (!wanted) return {};
  if (spec.input_data) return open_input_data(*spec.input_data);
  UniqueFd passed = take(held, held::kPassedInput);
  return passed ? std::move(passed) : open_null(O_RDONLY);
}

Sink take_over_sink(Kind kind, const Job& job, HeldDescriptors& held, Services& services, const Outlet& outlet,
                    bool wanted) {
  switch (kind) {
    case Kind::fd:
    case Kind::pipe: {
      const process::Tag tag = outlet.log == held::kOutput ? held::kPassedOutput : held::kPassedError;
      return {take(held, tag), nullptr, nullptr};
    }
    case Kind::null:
    case Kind::file:
      return {wanted ? open_null(O_WRONLY) : UniqueFd(), nullptr, nullptr};
    case Kind::journal:
      return take_over_journal(job, services, outlet, take(held, outlet.journal), wanted);
    case Kind::pty:
      return {};
    default:
      return take_over_log(job, services, outlet, take(held, outlet.log), wanted);
  }
}

void take_over_terminal(const Job& job, HeldDescriptors& held, Services& services, Streams& streams) {
  UniqueFd master = take(held, held::kTerminal);
  const TerminalUse use = terminal_use(job.spec());
  UniqueFd log;
  if (use.output || use.error) {
    const Outlet& outlet = use.output ? kOutputOutlet : kErrorOutlet;
    Sink sink = take_over_log(job, services, outlet, take(held, outlet.log), true);
    log = std::move(sink.descriptor);
    (use.output ? streams.captured_output : streams.captured_error) = std::move(sink.capture);
  }
  use.set_roles(streams);
  if (!master) return;
  streams.terminal = Terminal::take_over(services.io, std::move(master), std::move(log));
  if (wants_ends(job)) use.set_slaves(streams);
}

}  // namespace

Streams take_over_streams(const Job& job, HeldDescriptors held, Services& services) {
  const config::JobSpec& spec = job.spec();
  const bool terminal = config::has_terminal(spec);
  const bool wanted = wants_ends(job);
  Streams streams;
  streams.input = take_over_input(job, held, services.keeper, wanted);
  const Kind kind = kind_of(spec.output, terminal ? Kind::pty : Kind::log);
  Sink output = take_over_sink(kind, job, held, services, kOutputOutlet, wanted);
  streams.output = std::move(output.descriptor);
  streams.captured_output = std::move(output.capture);
  streams.journal_output = std::move(output.journal);
  if (spec.error) {
    Sink error = take_over_sink(spec.error->kind, job, held, services, kErrorOutlet, wanted);
    streams.error = std::move(error.descriptor);
    streams.captured_error = std::move(error.capture);
    streams.journal_error = std::move(error.journal);
  }
  streams.error_follows = !spec.error;
  if (terminal) take_over_terminal(job, held, services, streams);
  return streams;
}

void Streams::bequeath(process::Box box, Bequest& bequest) const {
  if (captured_output) bequest.add(box, held::kOutput, captured_output->pipe());
  if (captured_error) bequest.add(box, held::kError, captured_error->pipe());
  if (journal_output) bequest.add(box, held::kJournalOutput, journal_output->pipe());
  if (journal_error) bequest.add(box, held::kJournalError, journal_error->pipe());
  if (terminal && !terminal->ended()) bequest.add(box, held::kTerminal, terminal->master());
}

}  // namespace coppice::daemon
