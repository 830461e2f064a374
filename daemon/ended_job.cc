#include "daemon/ended_job.h"

#include <utility>

#include "daemon/recalled_logs.h"

namespace coppice::daemon {
namespace {

// As JobIds makes them; nothing else is worth a look.
constexpr std::size_t kIdLength = 26;

}  // namespace

HistoryRow history_row(const Job& job) {
  HistoryRow row;
  row.job = job.snapshot();
  row.owner = job.owner().uid;
  row.begun = job.begun();
  row.key = job.key();
  const Logs& logs = job.logs();
  row.kept.output = logs.output != nullptr;
  row.kept.error = logs.error && logs.error != logs.output;
  row.kept.error_joins = logs.error && logs.error == logs.output;
  return row;
}

void settle_ended(const Job& job, Services& services) {
  services.jobs.settle(job);
  services.history.add(history_row(job));
  services.settled.notify_all();
}

asio::awaitable<std::shared_ptr<Job>> recall_job(Services& services, std::string id) {
  if (id.size() != kIdLength) co_return nullptr;
  auto finding = services.history.find(id);
  std::optional<HistoryRow> row = co_await std::move(finding);
  if (!row) co_return nullptr;
  Owner owner;
  owner.uid = row->owner;
  owner.name = row->job->owner;
  auto job = std::make_shared<Job>(services.io, services.chronicle, row->job, std::move(owner), row->begun);
  job->set_logs(recall_logs(services.output, services.jobs_directory + "/" + id, row->kept));
  co_return job;
}

}  // namespace coppice::daemon
