#include "daemon/output/times.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

// 64 KiB.
constexpr std::size_t kWindow = 4096;

config::Time time_of(const IndexEntry& entry) { return config::Time(std::chrono::microseconds(entry.at)); }

// Of a segment without an index: when it was written last.
IndexEntry whole(const LogPlace& place, std::uint64_t begin) {
  struct stat status {};
  if (::lstat(place.segment(begin).c_str(), &status) != 0) return {begin, 0};
  return {begin, status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1000};
}

// From the entry that tells about `offset` on; never empty.
std::vector<IndexEntry> read_window(const LogPlace& place, std::uint64_t begin, std::uint64_t offset) {
  const IndexReader index(place.index(begin));
  const std::size_t until = index.until(offset);
  std::vector<IndexEntry> entries = index.entries(until == 0 ? 0 : until - 1, kWindow);
  if (entries.empty()) entries.push_back(whole(place, begin));
  return entries;
}

// The first in a segment that is not earlier.
std::optional<std::uint64_t> first_since(const LogPlace& place, std::uint64_t begin, config::Time time) {
  const IndexReader index(place.index(begin));
  if (index.size() == 0) return time_of(whole(place, begin)) >= time ? std::optional(begin) : std::nullopt;
  const std::size_t found = index.since(time);
  return found < index.size() ? std::optional(index.entry(found).offset) : std::nullopt;
}

std::optional<std::uint64_t> search(const LogPlace& place, const std::vector<Segment>& segments, config::Time time) {
  const auto earlier = [&](const Segment& segment) { return !first_since(place, segment.begin, time); };
  const auto found = std::ranges::partition_point(segments, earlier);
  return found == segments.end() ? std::nullopt : first_since(place, found->begin, time);
}

}  // namespace

asio::awaitable<Moment> LogTimes::of(Segment segment, std::uint64_t offset, bool exact) {
  const auto seen = log_->index().entry(offset);
  if (seen && !exact) co_return Moment{seen->at};
  const auto covers = [&] {
    return window_.begin == segment.begin && window_.entries.size() > 1 && window_.entries.front().offset <= offset &&
           offset < window_.entries.back().offset;
  };
  if (!covers()) {
    auto work = [place = log_->place(), begin = segment.begin, offset] { return read_window(place, begin, offset); };
    auto running = run_on(log_->output().reading(), log_->output().control(), std::move(work));
    window_.entries = co_await std::move(running);
    window_.begin = segment.begin;
  }
  const auto behind = std::ranges::upper_bound(window_.entries, offset, {}, &IndexEntry::offset);
  const IndexEntry& entry = behind == window_.entries.begin() ? window_.entries.front() : *std::prev(behind);
  Moment moment{time_of(entry)};
  if (behind != window_.entries.end()) moment.until = behind->offset;
  // This life's own may be the finer one.
  const auto finer = log_->index().entry(offset);
  if (finer && finer->offset > entry.offset) moment.at = finer->at;
  if (const auto next = log_->index().next(offset)) moment.until = std::min(moment.until, *next);
  co_return moment;
}

asio::awaitable<std::uint64_t> find_since(std::shared_ptr<Log> log, config::Time time) {
  auto work = [place = log->place(), segments = log->segments(), time] { return search(place, segments, time); };
  auto running = run_on(log->output().reading(), log->output().control(), std::move(work));
  const std::optional<std::uint64_t> on_disk = co_await std::move(running);
  std::uint64_t found = on_disk.value_or(log->size());
  // What this life saw may be finer, and it may be gone.
  const auto seen = log->index().since(time);
  const auto segment = seen && *seen < found ? log->segment_at(*seen) : std::nullopt;
  if (segment && segment->begin <= *seen) {
    LogTimes times(log);
    auto asking = times.of(*segment, *seen, true);
    const Moment moment = co_await std::move(asking);
    // The disk may know better.
    if (moment.at >= time) found = *seen;
  }
  co_return std::max(found, log->position(std::numeric_limits<std::int64_t>::min()));
}

}  // namespace coppice::daemon
