#include "daemon/outlet.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/errno_text.h"
#include "daemon/journal/entry.h"
#include "daemon/output/pipe.h"

namespace coppice::daemon {
namespace {

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

std::optional<LogCap> cap_of(const config::JobSpec& spec) {
  if (!spec.log_max) return std::nullopt;
  return LogCap{static_cast<std::uint64_t>(*spec.log_max), spec.log_drop.value_or(config::LogDrop::oldest)};
}

std::shared_ptr<Log> make_log(const Job& job, Services& services, const Outlet& outlet) {
  return std::make_shared<Log>(services.output, services.jobs_directory + "/" + job.id(), outlet.name, cap_of(job.spec()));
}

std::shared_ptr<JournalStream> make_journal(const Job& job, Services& services, const Outlet& outlet, UniqueFd pipe) {
  return std::make_shared<JournalStream>(services.journal, std::move(pipe),
                                         journal_fields(job, outlet.name, outlet.priority));
}

// Of a pipe whose read end is open here, so that this does not wait (fifo(7)).
UniqueFd open_write_end(int pipe) {
  const std::string path = "/proc/self/fd/" + std::to_string(pipe);
  UniqueFd end(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!end) throw errno_error("open", "the pipe of a log", errno);
  return end;
}

// One that has ended already: what the keeper had of it is gone.
UniqueFd ended_pipe() { return make_output_pipe().read; }

}  // namespace

Sink open_log(const Job& job, Services& services, const Outlet& outlet) {
  OutputPipe pipe = make_output_pipe();
  services.keeper.hold(job.record().box, outlet.log, pipe.read.get());
  auto capture = Capture::start(std::move(pipe.read), make_log(job, services, outlet));
  return {std::move(pipe.write), std::move(capture), nullptr};
}

Sink open_journal(const Job& job, Services& services, const Outlet& outlet) {
  OutputPipe pipe = make_output_pipe();
  services.keeper.hold(job.record().box, outlet.journal, pipe.read.get());
  return {std::move(pipe.write), nullptr, make_journal(job, services, outlet, std::move(pipe.read))};
}

Sink take_over_log(const Job& job, Services& services, const Outlet& outlet, UniqueFd pipe, bool wanted) {
  Sink sink;
  if (!pipe) pipe = ended_pipe();
  if (wanted) sink.descriptor = open_write_end(pipe.get());
  sink.capture = Capture::resume(std::move(pipe), make_log(job, services, outlet));
  return sink;
}

Sink take_over_journal(const Job& job, Services& services, const Outlet& outlet, UniqueFd pipe, bool wanted) {
  Sink sink;
  if (!pipe) pipe = ended_pipe();
  if (wanted) sink.descriptor = open_write_end(pipe.get());
  sink.journal = make_journal(job, services, outlet, std::move(pipe));
  return sink;
}

}  // namespace coppice::daemon
