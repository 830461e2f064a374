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
#include "daemon/journal/entry.h"
#include "daemon/output/pipe.h"

namespace coppice::daemon {
namespace {

using Kind = config::Stream::Kind;

UniqueFd take(varlink::Call& call, const std::optional<config::Stream>& stream,
              std::string_view field) {
  if (!stream || stream->kind != Kind::fd) return {};
  return call.take_descriptor(*stream->fd, field);
}

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

UniqueFd open_input(const Job& job, UniqueFd passed) {
  const config::JobSpec& spec = job.spec();
  if (job.input()) return job.input()->open(spec.input_data.value_or(""));
  if (spec.input_data) return open_input_data(*spec.input_data);
  return passed ? std::move(passed) : open_null(O_RDONLY);
}

// What the journal gets with each line. A prefix, for a name is its user's to choose: nobody shall write as "sshd".
std::string journal_fields(const Job& job, const char* stream, char priority) {
  const std::string name = job.spec().name.value_or(job.id());
  std::string fields;
  add_field(fields, "PRIORITY", std::string_view(&priority, 1));
  add_field(fields, "SYSLOG_IDENTIFIER", "coppice-" + name);
  add_field(fields, "COPPICE_JOB", job.id());
  if (job.spec().name) add_field(fields, "COPPICE_NAME", *job.spec().name);
  if (!job.slice().empty()) add_field(fields, "COPPICE_SLICE", job.slice());
  add_field(fields, "COPPICE_STREAM", stream);
  add_field(fields, "COPPICE_UID", std::to_string(job.owner().uid));
  return fields;
}

struct Sink {
  UniqueFd descriptor;
  std::shared_ptr<Capture> capture;
  std::shared_ptr<JournalStream> journal;
};

Sink open_log(const Job& job, Services& services, const char* name) {
  OutputPipe pipe = make_output_pipe();
  auto log = std::make_shared<Log>(services.output, services.jobs_directory + "/" + job.id(), name);
  auto capture = Capture::start(std::move(pipe.read), std::move(log));
  return {std::move(pipe.write), std::move(capture), nullptr};
}

Sink open_journal(const Job& job, Services& services, const char* name, char priority) {
  OutputPipe pipe = make_output_pipe();
  auto stream = std::make_shared<JournalStream>(services.journal, std::move(pipe.read),
                                                journal_fields(job, name, priority));
  return {std::move(pipe.write), nullptr, std::move(stream)};
}

Sink open_sink(Kind kind, UniqueFd passed, const Job& job, Services& services, const char* name,
               char priority) {
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
      return open_journal(job, services, name, priority);
    default:
      return open_log(job, services, name);
  }
}

using Bound = std::chrono::milliseconds;

asio::awaitable<std::uint64_t> drain_log(std::shared_ptr<Capture> capture, Bound bound) {
  if (!capture) co_return 0;
  const Log::End end = co_await capture->drain(bound);
  co_return end.discarded;
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

// A stream that is left out of a job with a terminal goes to it.
Kind kind_of(const std::optional<config::Stream>& stream, Kind otherwise) {
  return stream ? stream->kind : otherwise;
}

std::shared_ptr<Terminal> make_terminal(asio::io_context& io, uid_t owner, config::TerminalSize size, UniqueFd log) {
  try {
    return Terminal::open(io, owner, size, std::move(log));
  } catch (const std::system_error& error) {
    if (error.code().value() == ENOSPC) throw exhausted("terminals of the system (kernel.pty.max)", 0);
    throw;
  }
}

// Puts the terminal where a stream of the spec goes to it.
void open_terminal(const Job& job, uid_t owner, Services& services, Streams& streams) {
  const config::JobSpec& spec = job.spec();
  const bool input = !spec.input_data && kind_of(spec.input, Kind::pty) == Kind::pty;
  const bool to_output = kind_of(spec.output, Kind::pty) == Kind::pty;
  const bool to_error = kind_of(spec.error, Kind::pty) == Kind::pty;
  UniqueFd log;
  if (to_output || to_error) {
    Sink sink = open_log(job, services, to_output ? "output" : "error");
    log = std::move(sink.descriptor);
    (to_output ? streams.captured_output : streams.captured_error) = std::move(sink.capture);
  }
  streams.terminal = make_terminal(services.io, owner, spec.terminal_size.value_or(config::TerminalSize()), std::move(log));
  if (input) streams.input = streams.terminal->slave();
  if (to_output) streams.output = streams.terminal->slave();
  if (to_error) streams.error = streams.terminal->slave();
  streams.error_joins = to_output && to_error;
  streams.terminal_descriptor = input ? 0 : to_output ? 1 : 2;
}

}  // namespace

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
  if (!error || error_joins) logs.error = logs.output;
  return logs;
}

asio::awaitable<std::uint64_t> Streams::drain(std::chrono::milliseconds bound) const {
  std::uint64_t lost = 0;
  // Into its log, which is drained then.
  if (terminal) lost += co_await terminal->drain(bound);
  lost += co_await drain_log(captured_output, bound);
  lost += co_await drain_log(captured_error, bound);
  lost += co_await drain_journal(journal_output, bound);
  lost += co_await drain_journal(journal_error, bound);
  co_return lost;
}

void require_journal(const config::JobSpec& spec, const Journal& journal) {
  require_journal(spec.output, "spec.output.kind", journal);
  require_journal(spec.error, "spec.error.kind", journal);
}

Streams open_streams(const Job& job, uid_t owner, PassedStreams passed, Services& services) {
  // syslog(3): informational, and a warning.
  constexpr char kOutputPriority = '6';
  constexpr char kErrorPriority = '4';
  const config::JobSpec& spec = job.spec();
  const bool terminal = config::has_terminal(spec);
  Streams streams;
  streams.input = open_input(job, std::move(passed.input));
  const Kind output_kind = kind_of(spec.output, terminal ? Kind::pty : Kind::log);
  Sink output = open_sink(output_kind, std::move(passed.output), job, services, "output", kOutputPriority);
  streams.output = std::move(output.descriptor);
  streams.captured_output = std::move(output.capture);
  streams.journal_output = std::move(output.journal);
  if (spec.error) {
    Sink error = open_sink(spec.error->kind, std::move(passed.error), job, services, "error", kErrorPriority);
    streams.error = std::move(error.descriptor);
    streams.captured_error = std::move(error.capture);
    streams.journal_error = std::move(error.journal);
  }
  if (terminal) open_terminal(job, owner, services, streams);
  return streams;
}

void remove_logs(const Logs& logs) {
  if (logs.output) logs.output->remove();
  if (logs.error && logs.error != logs.output) logs.error->remove();
}

}  // namespace coppice::daemon
