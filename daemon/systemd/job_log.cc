#include "daemon/systemd/job_log.h"

#include "config/names.h"
#include "daemon/log.h"

namespace coppice::daemon {
namespace {

std::string how_it_ended(const config::Job& job) {
  if (!job.result) return "ended";
  std::string text = "ended: " + std::string(config::name_of(job.result->outcome));
  if (!job.result->exits.empty()) {
    const config::ExitStatus& last = job.result->exits.back();
    if (last.code && *last.code != 0) text += ", exit status " + std::to_string(*last.code);
    if (last.signal) text += ", signal " + *last.signal;
  }
  if (job.result->detail) text += " (" + *job.result->detail + ")";
  return text;
}

void tell(const JobEvent& event) {
  const config::Job& job = *event.job;
  const auto line = job_line(event.kind, job);
  if (!line) return;
  log::About about{job.id, job.slice};
  // At the end the number may be somebody else's. "Started" is what events call the time before.
  if (event.kind == config::EventKind::ready && !job.main_pids.empty()) about.pid = job.main_pids.front();
  log::info_about(*line, about);
}

}  // namespace

std::optional<std::string> job_line(config::EventKind kind, const config::Job& job) {
  std::string text = "job " + job.id + (job.name ? " (" + *job.name + ")" : "") + " of " + job.owner;
  if (kind == config::EventKind::ended) return text + " " + how_it_ended(job);
  if (kind != config::EventKind::ready) return std::nullopt;
  if (job.attempt > 1) text += ", attempt " + std::to_string(job.attempt) + ",";
  text += " started";
  if (!job.commands.empty() && !job.commands.front().argv.empty()) text += ": " + job.commands.front().argv.front();
  return text;
}

asio::awaitable<void> log_jobs(EventHub& events, std::uint64_t after) {
  while (true) {
    while (const JobEvent* event = events.after(after)) {
      if (event->sequence != after + 1)
        log::warning(std::to_string(event->sequence - after - 1) + " events of jobs came too fast to be logged");
      after = event->sequence;
      tell(*event);
    }
    co_await events.grown().wait();
  }
}

}  // namespace coppice::daemon
