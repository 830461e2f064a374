#include "daemon/streams.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/errno_text.h"
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
  UniqueFd file(::memfd_create("coppice-input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) throw errno_error("memfd_create", "input data", errno);
  for (std::size_t done = 0; done < data.size();) {
    const ssize_t count = ::pwrite(file.get(), data.data() + done, data.size() - done,
                                   static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error("write", "input data", errno);
    done += static_cast<std::size_t>(count);
  }
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
    throw errno_error("seal", "input data", errno);
  // The job gets an open file of its own that cannot be written.
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) throw errno_error("open", "input data", errno);
  return reader;
}

struct Sink {
  UniqueFd descriptor;
  std::shared_ptr<Capture> capture;
};

Sink open_sink(Kind kind, UniqueFd passed, Output& output, const std::string& directory,
               const char* name) {
  if (kind == Kind::fd) return {std::move(passed), nullptr};
  // The child opens a file by itself; until then there is this.
  if (kind == Kind::null || kind == Kind::file) return {open_null(O_WRONLY), nullptr};
  OutputPipe pipe = make_output_pipe();
  auto log = std::make_shared<Log>(output, directory, name);
  auto capture = Capture::start(std::move(pipe.read), std::move(log));
  return {std::move(pipe.write), std::move(capture)};
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
  if (!error) logs.error = logs.output;
  return logs;
}

Streams open_streams(const config::JobSpec& spec, PassedStreams passed, Output& output,
                     const std::string& directory) {
  Streams streams;
  if (spec.input_data) {
    streams.input = open_input_data(*spec.input_data);
  } else if (passed.input) {
    streams.input = std::move(passed.input);
  } else {
    streams.input = open_null(O_RDONLY);
  }
  const Kind output_kind = spec.output ? spec.output->kind : Kind::log;
  Sink out = open_sink(output_kind, std::move(passed.output), output, directory, "output");
  streams.output = std::move(out.descriptor);
  streams.captured_output = std::move(out.capture);
  if (spec.error) {
    Sink error = open_sink(spec.error->kind, std::move(passed.error), output, directory, "error");
    streams.error = std::move(error.descriptor);
    streams.captured_error = std::move(error.capture);
  }
  return streams;
}

void remove_logs(const Logs& logs) {
  if (logs.output) logs.output->remove();
  if (logs.error && logs.error != logs.output) logs.error->remove();
}

}  // namespace coppice::daemon
