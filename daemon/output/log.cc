#include "daemon/output/log.h"

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/copy_log.h"
#include "daemon/output/open_log.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

std::uint64_t lost_of(const LogRemains& remains) {
  if (remains.segments.empty()) return 0;
  std::uint64_t lost = remains.segments.back().end + remains.discarded;
  for (const Segment& segment : remains.segments) lost -= segment.end - segment.begin;
  return lost;
}

}  // namespace

Log::Log(Output& output, std::string directory, std::string name, const std::optional<LogCap>& cap)
    : output_(output),
      writing_(output.next_writing()),
      place_{std::move(directory), std::move(name)},
      cap_(cap),
      changed_(output.control()) {}

const std::shared_ptr<LogFile>& Log::file() {
  if (!file_) file_ = std::make_shared<LogFile>(place_, output_.null_device(), cap_);
  return file_;
}

std::shared_ptr<Log> Log::recall(Output& output, std::string directory, std::string name) {
  auto log = std::make_shared<Log>(output, std::move(directory), std::move(name));
  log->ended_ = true;
  log->state_ = State::unknown;
  log->may_have_file_ = true;
  return log;
}

asio::awaitable<void> Log::ready() {
  if (state_ == State::unknown) ask();
  while (state_ != State::known) co_await changed_.wait();
}

// Whoever asked may lose patience; the answer serves the next.
void Log::ask() {
  state_ = State::asked;
  asio::post(output_.reading(), [weak = weak_from_this(), place = place_, &control = output_.control()] {
    LogRemains remains = find_remains(place);
    asio::post(control, [weak, remains = std::move(remains)] {
      if (const auto log = weak.lock()) log->recovered(remains);
    });
  });
}

void Log::resume() {
  state_ = State::asked;
  may_have_file_ = true;
  asio::post(writing_, [weak = weak_from_this(), file = file(), &control = output_.control()] {
    LogRemains remains = file->recover();
    asio::post(control, [weak, remains = std::move(remains)] {
      if (const auto log = weak.lock()) log->recovered(remains);
    });
  });
}

void Log::recovered(const LogRemains& remains) {
  if (state_ == State::known) return;
  state_ = State::known;
  // An empty one is made when somebody looked before the first byte.
  std::ranges::copy_if(remains.segments, std::back_inserter(segments_),
                       [](const Segment& segment) { return segment.end > segment.begin; });
  if (!segments_.empty()) {
    size_ = segments_.back().end;
    const auto quiet = std::chrono::system_clock::now() - remains.last;
    last_output_ = std::chrono::steady_clock::now() - std::max<decltype(quiet)>(quiet, {});
  }
  // It ended before this was known; all that was lost was lost in the earlier life.
  end_.discarded = std::max(end_.discarded, lost_of(remains));
  if (end_.error == 0) end_.error = remains.error;
  if (end_.discarded > 0) end_.complete = false;
  changed_.notify_all();
}

void Log::give_up() {
  if (state_ == State::known) return;
  state_ = State::known;
  changed_.notify_all();
}

std::optional<Segment> Log::segment_at(std::uint64_t offset) const {
  const auto found = std::ranges::upper_bound(segments_, offset, {}, &Segment::end);
  return found == segments_.end() ? std::nullopt : std::optional(*found);
}

std::uint64_t Log::position(std::int64_t offset) const {
  if (offset >= 0) return static_cast<std::uint64_t>(offset);
  // Unsigned negation is right for the smallest number too.
  const std::uint64_t back = 0 - static_cast<std::uint64_t>(offset);
  const std::uint64_t first = segments_.empty() ? 0 : segments_.front().begin;
  return std::max(first, back < size_ ? size_ - back : 0);
}

asio::awaitable<void> Log::wait_growth(std::uint64_t offset) {
  while (size_ <= offset && !ended_) co_await changed_.wait();
}

asio::awaitable<void> Log::wait_end() {
  while (!ended_ || state_ == State::asked) co_await changed_.wait();
}

asio::awaitable<UniqueFd> Log::open_afresh() {
  auto knowing = ready();
  co_await std::move(knowing);
  if (size_ == 0) {
    expect_file();
    made_early_ = true;
    auto create = [file = file(), ended = ended_] {
      const int error = file->create() ? 0 : file->error();
      if (ended) file->close();
      return error;
    };
    auto created = run_on(writing_, output_.control(), std::move(create));
    const int error = co_await std::move(created);
    if (error != 0) throw errno_error("create log", path(), error);
  }
  if (segments_.size() > 1) {
    auto copying = copy_log(output_, place_, segments_);
    UniqueFd copy = co_await std::move(copying);
    co_return copy;
  }
  auto opening = open_log(output_, place_.segment(segments_.empty() ? 0 : segments_.front().begin));
  UniqueFd opened = co_await std::move(opening);
  co_return opened;
}

void Log::remove() {
  if (!may_have_file_) return;
  asio::post(writing_, [file = file()] { file->remove(); });
}

void Log::grew(const Growth& growth) {
  if (ended_) return;
  last_output_ = std::chrono::steady_clock::now();
  if (growth.size <= size_) return;
  index_.add(std::max(size_, growth.begin), growth.at);
  size_ = growth.size;
  std::erase_if(segments_, [&](const Segment& segment) { return segment.begin < growth.first; });
  if (segments_.empty() || segments_.back().begin < growth.begin)
    segments_.push_back({growth.begin, growth.size});
  else
    segments_.back().end = growth.size;
  changed_.notify_all();
}

void Log::finish(const End& end) {
  if (ended_) return;
  ended_ = true;
  // What the earlier life lost is known by now, or will be.
  const End before = std::exchange(end_, end);
  end_.discarded = std::max(end.discarded, before.discarded);
  if (end_.error == 0) end_.error = before.error;
  if (end_.discarded > 0) end_.complete = false;
  if (made_early_) asio::post(writing_, [file = file()] { file->close(); });
  changed_.notify_all();
}

}  // namespace coppice::daemon
