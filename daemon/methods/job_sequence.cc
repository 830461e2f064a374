#include "daemon/methods/job_sequence.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/errors.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

// Null for a text that is not understood: the disk has changed it, and the rest of the list is worth having.
json view(const JobSequence::Entry& entry) {
  return entry.job ? api::to_json(*entry.job->snapshot()) : json::parse(entry.text, nullptr, false);
}

}  // namespace

JobSequence::JobSequence(Services& services, const JobFilter& filter, Options options)
    : services_(services), filter_(filter.for_history()) {
  filter_.newest_first = options.newest_first;
  filter_.ids_only = options.ids_only;
  filter_.least_id = options.least_id;
  memory_ = services.jobs.select(
      [&](const Job& job) { return job.id() >= options.least_id && filter.accepts(job); });
  if (!options.newest_first) std::reverse(memory_.begin(), memory_.end());
  page_.end = !filter.covers_ended();
}

asio::awaitable<void> JobSequence::load() {
  while (taken_ == page_.entries.size() && !page_.end) {
    auto loading = services_.history.page(filter_, page_.next);
    page_ = co_await std::move(loading);
    taken_ = 0;
  }
}

bool JobSequence::first_is_in_memory() const {
  if (memory_.empty()) return false;
  if (taken_ == page_.entries.size()) return true;
  const int order = memory_.back()->id().compare(page_.entries[taken_].id);
  return filter_.newest_first ? order >= 0 : order <= 0;
}

asio::awaitable<std::optional<JobSequence::Entry>> JobSequence::next() {
  auto loading = load();
  co_await std::move(loading);
  if (first_is_in_memory()) {
    std::shared_ptr<Job> job = std::move(memory_.back());
    memory_.pop_back();
    if (taken_ < page_.entries.size() && page_.entries[taken_].id == job->id()) ++taken_;
    Entry entry{job->id(), nullptr, ""};
    entry.job = std::move(job);
    co_return entry;
  }
  if (taken_ == page_.entries.size()) co_return std::nullopt;
  HistoryEntry& found = page_.entries[taken_++];
  Entry entry{std::move(found.id), nullptr, std::move(found.text)};
  co_return entry;
}

asio::awaitable<void> reply_jobs(varlink::Call& call, JobSequence& sequence, std::optional<std::int64_t> most) {
  json last;
  for (std::int64_t count = 0; !most || count < *most; ++count) {
    auto taking = sequence.next();
    const auto entry = co_await std::move(taking);
    if (!entry) break;
    json job = view(*entry);
    if (!job.is_object()) continue;
    if (!last.is_null()) co_await call.reply_more(std::move(last));
    last = json::object();
    last["job"] = std::move(job);
  }
  if (last.is_null()) throw no_such_job({});
  co_await call.reply(std::move(last));
}

}  // namespace coppice::daemon
