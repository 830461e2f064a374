#include "daemon/history/history.h"

#include <algorithm>
#include <asio/post.hpp>
#include <bit>
#include <exception>
#include <stdexcept>
#include <utility>

#include "daemon/history/ask.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

// Rows of one transaction: what a reader waits for at most.
constexpr std::size_t kBatch = 500;
// What ends within this is committed together: a transaction costs more than the rest of a short job, and the register
// has what waits.
constexpr auto kGathering = 50ms;
constexpr std::size_t kRemovedAtOnce = 100;
constexpr std::size_t kPage = 256;
// Names of directories that are looked at in one go.
constexpr std::size_t kSwept = 256;
constexpr auto kLongestRetry = std::chrono::milliseconds(60s);
// The clock that tells the age of a job can be set; so it is looked at again.
constexpr auto kRetentionCheck = std::chrono::milliseconds(1h);

std::size_t size_of(const config::Job& job) {
  std::size_t bytes = sizeof job;
  for (const auto& command : job.commands)
    for (const auto& argument : command.argv) bytes += sizeof argument + argument.size();
  for (const auto& [key, value] : job.labels) bytes += 64 + key.size() + value.size();
  return bytes;
}

std::string jobs_words(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " ended job" : " ended jobs");
}

config::Time now() { return std::chrono::time_point_cast<config::Time::duration>(std::chrono::system_clock::now()); }

}  // namespace

History::History(asio::io_context& control, Settings settings, Listener listener, Store::Say say)
    : control_(control),
      settings_(std::move(settings)),
      listener_(std::move(listener)),
      say_(say),
      retry_after_(settings_.first_retry),
      retry_(control),
      gathered_(control),
      retention_(control),
      changed_(control),
      store_(settings_.directory, std::move(say), settings_.schema) {
  try {
    store_.open();
    retain();
  } catch (const NewerSchema& newer) {
    throw std::runtime_error("the history \"" + settings_.directory + "/history.db\" is of a later coppiced: " +
                             newer.what() + "; install that version again, name another directory with --state, or " +
                             "move the file away to begin a new history");
  } catch (const DatabaseError& error) {
    note_failure(error.what());
  }
}

History::~History() {
  self_.reset();
  if (waiting_.empty()) return;
  auto last = [this, waiting = std::move(waiting_)] {
    std::vector<HistoryRow> rows;
    for (const auto& one : waiting) rows.push_back(one.row);
    try {
      store_.write(rows);
    } catch (const std::exception& error) {
      say_(jobs_words(rows.size()) + " are missing in the history: " + error.what());
    }
  };
  asio::post(worker_.context(), std::move(last));
}

void History::add(HistoryRow row) {
  Waiting waiting{std::move(row), ++added_, 0};
  waiting.bytes = size_of(*waiting.row.job);
  waiting_bytes_ += waiting.bytes;
  waiting_.push_back(std::move(waiting));
  give_up_oldest();
  commit();
}

std::uint64_t History::oldest_waiting() const {
  if (writing_ != 0) return writing_;
  return waiting_.empty() ? added_ + 1 : waiting_.front().number;
}

asio::awaitable<void> History::committed() {
  const std::uint64_t last = added_;
  if (!failing_) write_batch();
  while (oldest_waiting() <= last) co_await changed_.wait();
}

void History::commit() {
  if (failing_ || waiting_.empty()) return;
  if (waiting_.size() >= kBatch) return write_batch();
  if (std::exchange(gathering_, true)) return;
  gathered_.expires_after(kGathering);
  gathered_.async_wait([this](const std::error_code& error) {
    if (error) return;
    gathering_ = false;
    if (!failing_) write_batch();
  });
}

void History::write_batch() {
  if (writing_ != 0 || waiting_.empty()) return;
  Batch batch;
  while (!waiting_.empty() && batch.size() < kBatch) {
    waiting_bytes_ -= waiting_.front().bytes;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  writing_ = batch.front().number;
  std::vector<HistoryRow> rows;
  for (const auto& one : batch) rows.push_back(one.row);
  auto work = [rows = std::move(rows)](Store& store) {
    store.write(rows);
    return true;
  };
  post(std::move(work), [this, batch = std::move(batch)](const Answer<bool>& answer) mutable {
    commit_done(std::move(batch), answer.failure ? words_of(answer.failure) : "");
  });
}

void History::commit_done(Batch batch, const std::string& failure) {
  writing_ = 0;
  if (failure.empty()) {
    note_success();
    std::vector<std::string> ids;
    for (const auto& one : batch) ids.push_back(one.row.job->id);
    if (listener_.settled) listener_.settled(ids);
    retain();
  } else {
    take_back(std::move(batch));
    note_failure(failure);
  }
  removed_.clear();
  changed_.notify_all();
  commit();
}

void History::take_back(Batch batch) {
  for (auto one = batch.rbegin(); one != batch.rend(); ++one) {
    if (removed_.contains(one->row.job->id)) continue;
    waiting_bytes_ += one->bytes;
    waiting_.push_front(std::move(*one));
  }
  give_up_oldest();
}

void History::note_failure(const std::string& failure) {
  if (!std::exchange(failing_, true))
    say_("the history cannot be written: " + failure + "; jobs that end are kept in memory until it can");
  retry_later();
}

void History::note_success() {
  retry_after_ = settings_.first_retry;
  if (!std::exchange(failing_, false)) return;
  std::string words = "the history can be written again";
  if (given_up_ > 0) words += "; " + jobs_words(given_up_) + " had to be given up, with their logs";
  say_(words);
  given_up_ = 0;
}

void History::retry_later() {
  retry_.expires_after(retry_after_);
  retry_after_ = std::min(retry_after_ * 2, kLongestRetry);
  retry_.async_wait([this](const std::error_code& error) {
    if (error) return;
    auto work = [](Store& store) {
      store.open();
      return true;
    };
    post(std::move(work), [this](const Answer<bool>& answer) {
      if (answer.failure) return retry_later();
      // Where nothing waits nothing else tells.
      if (waiting_.empty()) return note_success();
      write_batch();
    });
  });
}

// The one that ended first goes, and with it its logs: nobody could find them.
void History::give_up_oldest() {
  std::vector<std::string> ids;
  while (waiting_.size() > settings_.most_waiting || waiting_bytes_ > settings_.most_waiting_bytes) {
    ids.push_back(waiting_.front().row.job->id);
    waiting_bytes_ -= waiting_.front().bytes;
    waiting_.pop_front();
    ++given_up_;
    // Not for each: at 1, 2, 4, 8 …
    if (std::has_single_bit(given_up_) && failing_)
      say_("the history still cannot be written: " + jobs_words(given_up_) + " given up so far");
  }
  if (ids.empty()) return;
  if (listener_.settled) listener_.settled(ids);
  if (listener_.forgotten) listener_.forgotten(ids);
  auto remove = [this, ids] {
    for (const auto& id : ids) store_.logs().remove(id);
  };
  asio::post(worker_.context(), std::move(remove));
  changed_.notify_all();
}

void History::change_bounds(const HistoryBounds& bounds) {
  settings_.bounds = bounds;
  // One that is under way knows the old ones.
  rebound_ = retaining_;
  retention_.cancel();
  retain();
}

void History::retain() {
  if (std::exchange(retaining_, true)) return;
  struct Forgotten {
    std::vector<std::string> ids;
    std::optional<config::Time> first_end;
  };
  auto work = [bounds = settings_.bounds](Store& store) {
    Forgotten forgotten;
    forgotten.ids = store.forget_surplus(bounds, now(), kRemovedAtOnce);
    forgotten.first_end = store.first_end();
    return forgotten;
  };
  post(std::move(work), [this](const Answer<Forgotten>& answer) {
    retaining_ = false;
    if (answer.failure) {
      if (!std::exchange(retention_failing_, true))
        say_("the history cannot be kept within its bounds: " + words_of(answer.failure));
      return retain_later(std::nullopt);
    }
    retention_failing_ = false;
    if (answer.value->ids.empty() && !std::exchange(rebound_, false)) return retain_later(answer.value->first_end);
    if (listener_.forgotten) listener_.forgotten(answer.value->ids);
    // Behind whatever waits for the thread by now.
    retain();
  });
}

void History::retain_later(std::optional<config::Time> first_end) {
  auto after = kRetentionCheck;
  if (first_end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first_end + settings_.bounds.age - now()) + 1ms;
    after = std::clamp(left, std::chrono::milliseconds(1), kRetentionCheck);
  }
  retention_.expires_after(after);
  retention_.async_wait([this](const std::error_code& error) {
    if (!error) retain();
  });
}

asio::awaitable<std::optional<HistoryRow>> History::find(std::string id) {
  auto work = [id = std::move(id)](Store& store) { return store.find(id); };
  auto asking = ask(std::move(work));
  co_return co_await std::move(asking);
}

asio::awaitable<std::optional<HistoryRow>> History::find_key(uid_t owner, std::string key) {
  auto work = [owner, key = std::move(key)](Store& store) { return store.find_key(owner, key); };
  auto asking = ask(std::move(work));
  co_return co_await std::move(asking);
}

asio::awaitable<HistoryPage> History::page(HistoryFilter filter, std::string after) {
  auto work = [filter = std::move(filter), after = std::move(after)](Store& store) {
    return store.page(filter, after, kPage);
  };
  auto asking = ask(std::move(work));
  co_return co_await std::move(asking);
}

asio::awaitable<std::size_t> History::remove(std::vector<std::string> ids) {
  const std::set<std::string> wanted(ids.begin(), ids.end());
  std::erase_if(waiting_, [&](const Waiting& one) {
    if (!wanted.contains(one.row.job->id)) return false;
    waiting_bytes_ -= one.bytes;
    return true;
  });
  // Those of the commit that is under way are removed behind it.
  if (writing_ != 0) removed_.insert(wanted.begin(), wanted.end());
  changed_.notify_all();
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < ids.size(); begin += kRemovedAtOnce) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto size = std::min(kRemovedAtOnce, ids.size() - begin);
    std::vector<std::string> some(first, first + static_cast<std::ptrdiff_t>(size));
    auto work = [some = std::move(some)](Store& store) {
      const auto removed = store.remove(some);
      // Of jobs that were never written, too.
      for (const auto& id : some) store.logs().remove(id);
      return removed.size();
    };
    auto asking = ask(std::move(work));
    count += co_await std::move(asking);
  }
  co_return count;
}

asio::awaitable<std::size_t> History::remove_before(std::int64_t before, std::optional<uid_t> owner) {
  std::size_t count = 0;
  for (;;) {
    auto work = [before, owner](Store& store) { return store.remove_before(before, owner, kRemovedAtOnce).size(); };
    auto asking = ask(std::move(work));
    const std::size_t removed = co_await std::move(asking);
    count += removed;
    if (removed == 0) co_return count;
  }
}

asio::awaitable<void> History::sweep_orphaned_logs(std::function<bool(const std::string&)> known) {
  auto list = [](Store& store) { return store.logs().list(); };
  auto listing = ask(std::move(list));
  const std::vector<std::string> names = co_await std::move(listing);
  for (std::size_t begin = 0; begin < names.size(); begin += kSwept) {
    std::vector<std::string> unknown;
    // A job that was known when its directory was seen, and is not now, has its row by now.
    for (std::size_t i = begin; i < std::min(begin + kSwept, names.size()); ++i)
      if (!known(names[i])) unknown.push_back(names[i]);
    if (unknown.empty()) continue;
    auto sweep = [unknown = std::move(unknown)](Store& store) {
      for (const auto& id : unknown)
        if (!store.has(id)) store.discard_logs(id);
      return true;
    };
    auto sweeping = ask(std::move(sweep));
    co_await std::move(sweeping);
  }
}

}  // namespace coppice::daemon
