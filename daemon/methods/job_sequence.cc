#include "daemon/methods/job_sequence.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/errors.h"
#include "daemon/process_view.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;

// Null for a text that is not understood: the disk has changed it, and the rest of the list is worth having.
json view(const JobSequence::Entry& entry, bool usage) {
  if (!entry.job) return json::parse(entry.text, nullptr, false);
  json job = api::to_json(*entry.job->snapshot());
  if (usage)
    if (const auto used = usage_now(*entry.job)) job["usage"] = api::to_json(*used);
  return job;
}

// Jobs whose use is looked at before others have their turn; each takes some 20 µs.
constexpr std::int64_t kInARow = 32;

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

asio::awaitable<void> reply_jobs(varlink::Call& call, Services& services, JobSequence& sequence, JobReplies replies) {
  json last;
  for (std::int64_t count = 0; !replies.most || count < *replies.most; ++count) {
    if (replies.usage && count % kInARow == kInARow - 1) co_await asio::post(services.io, asio::use_awaitable);
    auto taking = sequence.next();
    const auto entry = co_await std::move(taking);
    if (!entry) break;
    json job = view(*entry, replies.usage);
    if (!job.is_object()) continue;
    if (!last.is_null()) co_await call.reply_more(std::move(last));
    last = json::object();
    last["job"] = std::move(job);
  }
  if (last.is_null()) throw no_such_job({});
  co_await call.reply(std::move(last));
}

}  // namespace coppice::daemon
