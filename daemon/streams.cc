#include "daemon/streams.h"

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "base/memory_file.h"
#include "config/check.h"
#include "config/errors.h"
#include "daemon/errors.h"
#include "daemon/outlet.h"
#include "daemon/restarts.h"
#include "daemon/streams_parts.h"

namespace coppice::daemon {
namespace {

using Kind = config::Stream::Kind;

UniqueFd take(varlink::Call& call, const std::optional<config::Stream>& stream,
              std::string_view field) {
  if (!stream || stream->kind != Kind::fd) return {};
  return call.take_descriptor(*stream->fd, field);
}

UniqueFd open_input(const Job& job, UniqueFd passed) {
  const config::JobSpec& spec = job.spec();
  if (job.input()) return job.input()->open(spec.input_data.value_or(""));
  if (spec.input_data) return open_input_data(*spec.input_data);
  return passed ? std::move(passed) : open_null(O_RDONLY);
}

Sink open_sink(Kind kind, UniqueFd passed, const Job& job, Services& services, const Outlet& outlet) {
  switch (kind) {
    case Kind::fd:
    case Kind::pipe:
      return {std::move(passed), nullptr, nullptr};
    case Kind::null:
    case Kind::file:
      // The child opens a file by itself (stream_files.h); until then there is this.
      return {open_null(O_WRONLY), nullptr, nullptr};
    case Kind::pty:
      // The terminal takes its place (open_terminal).
      return {};
    case Kind::journal:
      return open_journal(job, services, outlet);
    default:
      return open_log(job, services, outlet);
  }
}

using Bound = std::chrono::milliseconds;

asio::awaitable<void> drain_log(std::shared_ptr<Capture> capture, Bound bound, LostOutput& lost) {
  if (!capture) co_return;
  const Log::End end = co_await capture->drain(bound);
  lost.bytes += end.discarded;
  if (end.error != 0) lost.error = end.error;
}

asio::awaitable<std::uint64_t> drain_journal(std::shared_ptr<JournalStream> stream, Bound bound) {
  if (!stream) co_return 0;
  co_return co_await stream->drain(bound);
}

void require_journal(const std::optional<config::Stream>& stream, const char* field,
                     const Journal& journal) {
  if (!stream || stream->kind != Kind::journal) return;
  if (const int error = journal.probe())
    throw config::InvalidSpec(field, "there is no journal at " + journal.path() + " (" + errno_name(error) +
                                         "): start systemd-journald, or use kind log");
}

std::shared_ptr<Terminal> make_terminal(asio::io_context& io, uid_t owner, config::TerminalSize size, UniqueFd log) {
  try {
    return Terminal::open(io, owner, size, std::move(log));
  } catch (const std::system_error& error) {
    if (error.code().value() == ENOSPC) throw exhausted("terminals of the system (kernel.pty.max)", 0);
    throw;
  }
}

void hold_feed(const Job& job, int reader, KeeperClient& keeper) {
  const InputFeed& feed = *job.input();
  const process::Box box = job.record().box;
  if (job.input()->pipe() < 0) return;
  keeper.hold(box, held::kFeed, job.input()->pipe());
  if (feed.first() >= 0) keeper.hold(box, held::kFeedData, feed.first());
  if (Restarts::wanted(job.spec().restart)) keeper.hold(box, held::kFeedReader, reader);
  watch_feed(job, keeper);
}

// Puts the terminal where a stream of the spec goes to it.
void open_terminal(const Job& job, uid_t owner, Services& services, Streams& streams) {
  const TerminalUse use = terminal_use(job.spec());
  UniqueFd log;
  if (use.output || use.error) {
    Sink sink = open_log(job, services, use.output ? kOutputOutlet : kErrorOutlet);
    log = std::move(sink.descriptor);
    (use.output ? streams.captured_output : streams.captured_error) = std::move(sink.capture);
  }
  const config::TerminalSize size = job.spec().terminal_size.value_or(config::TerminalSize());
  streams.terminal = make_terminal(services.io, owner, size, std::move(log));
  services.keeper.hold(job.record().box, held::kTerminal, streams.terminal->master());
  use.set_roles(streams);
  use.set_slaves(streams);
}

}  // namespace

UniqueFd open_null(int flags) {
  UniqueFd fd(::open("/dev/null", flags | O_CLOEXEC));
  if (!fd) throw errno_error("open", "/dev/null", errno);
  return fd;
}

// A memory file can be read by a job at its own pace or not at all, and nobody has to feed it (O3).
UniqueFd open_input_data(const std::string& data) {
  const UniqueFd file = sealed_memory_file("coppice-input", data);
  // The job gets an open file of its own that cannot be written.
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) throw errno_error("open", "input data", errno);
  return reader;
}

void watch_feed(const Job& job, KeeperClient& keeper) {
  job.input()->on_close([&keeper, box = job.record().box] { keeper.drop(box, held::kFeed); });
}

TerminalUse terminal_use(const config::JobSpec& spec) {
  TerminalUse use;
  use.input = !spec.input_data && kind_of(spec.input, Kind::pty) == Kind::pty;
  use.output = kind_of(spec.output, Kind::pty) == Kind::pty;
  use.error = kind_of(spec.error, Kind::pty) == Kind::pty;
  return use;
}

void TerminalUse::set_roles(Streams& streams) const {
  streams.error_follows = output && error;
  streams.terminal_descriptor = input ? 0 : output ? 1 : 2;
}

void TerminalUse::set_slaves(Streams& streams) const {
  if (input) streams.input = streams.terminal->slave();
  if (output) streams.output = streams.terminal->slave();
  if (error) streams.error = streams.terminal->slave();
}

PassedStreams take_streams(varlink::Call& call, const config::JobSpec& spec) {
  PassedStreams passed;
  passed.input = take(call, spec.input, "spec.input.fd");
  passed.output = take(call, spec.output, "spec.output.fd");
  passed.error = take(call, spec.error, "spec.error.fd");
  return passed;
}

void Streams::close_child_ends() {
  input.reset();
  output.reset();
  error.reset();
}

Logs Streams::logs() const {
  Logs logs;
  if (captured_output) logs.output = captured_output->log();
  if (captured_error) logs.error = captured_error->log();
  if (error_follows) logs.error = logs.output;
  return logs;
}

asio::awaitable<LostOutput> Streams::drain(std::chrono::milliseconds bound) const {
  LostOutput lost;
  // Into its log, which is drained then.
  if (terminal) lost.bytes += co_await terminal->drain(bound);
  co_await drain_log(captured_output, bound, lost);
  co_await drain_log(captured_error, bound, lost);
  lost.bytes += co_await drain_journal(journal_output, bound);
  lost.bytes += co_await drain_journal(journal_error, bound);
  co_return lost;
}

void require_journal(const config::JobSpec& spec, const Journal& journal) {
  require_journal(spec.output, "spec.output.kind", journal);
  require_journal(spec.error, "spec.error.kind", journal);
}

Streams open_streams(const Job& job, uid_t owner, PassedStreams passed, Services& services) {
  const config::JobSpec& spec = job.spec();
  const bool terminal = config::has_terminal(spec);
  Streams streams;
  streams.input = open_input(job, std::move(passed.input));
  if (job.input()) hold_feed(job, streams.input.get(), services.keeper);
  const Kind output_kind = kind_of(spec.output, terminal ? Kind::pty : Kind::log);
  Sink output = open_sink(output_kind, std::move(passed.output), job, services, kOutputOutlet);
  streams.output = std::move(output.descriptor);
  streams.captured_output = std::move(output.capture);
  streams.journal_output = std::move(output.journal);
  if (spec.error) {
    Sink error = open_sink(spec.error->kind, std::move(passed.error), job, services, kErrorOutlet);
    streams.error = std::move(error.descriptor);
    streams.captured_error = std::move(error.capture);
    streams.journal_error = std::move(error.journal);
  }
  streams.error_follows = !spec.error;
  if (terminal) open_terminal(job, owner, services, streams);
  return streams;
}

void hold_passed(const PassedStreams& passed, KeeperClient& keeper, process::Box box) {
  if (passed.input) keeper.hold(box, held::kPassedInput, passed.input.get());
  if (passed.output) keeper.hold(box, held::kPassedOutput, passed.output.get());
  if (passed.error) keeper.hold(box, held::kPassedError, passed.error.get());
}

void drop_passed(const config::JobSpec& spec, KeeperClient& keeper, process::Box box) {
  if (is_passed(spec.input)) keeper.drop(box, held::kPassedInput);
  if (is_passed(spec.output)) keeper.drop(box, held::kPassedOutput);
  if (is_passed(spec.error)) keeper.drop(box, held::kPassedError);
}

PassedStreams take_passed(HeldDescriptors& held) {
  PassedStreams passed;
  passed.input = take(held, held::kPassedInput);
  passed.output = take(held, held::kPassedOutput);
  passed.error = take(held, held::kPassedError);
  return passed;
}

}  // namespace coppice::daemon
