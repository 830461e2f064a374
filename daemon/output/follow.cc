#include "daemon/output/follow.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/open_log.h"

namespace coppice::daemon {

LogReader::LogReader(std::shared_ptr<Log> log, std::uint64_t offset, Pieces pieces)
    : log_(std::move(log)), offset_(offset), pieces_(pieces), times_(log_) {}

asio::awaitable<LogPiece> LogReader::read(std::size_t max) {
  auto knowing = log_->ready();
  co_await std::move(knowing);
  LogPiece piece;
  piece.at = log_->index().at(offset_);
  while (const auto segment = log_->segment_at(offset_)) {
    auto opening = open(*segment);
    const bool opened = co_await std::move(opening);
    if (!opened) {
      // The cap took it; what follows it is on its way.
      offset_ = segment->end;
      continue;
    }
    offset_ = std::max(offset_, segment->begin);
    auto reading = read_from(*segment, max, piece);
    co_await std::move(reading);
    break;
  }
  piece.offset = offset_ - piece.data.size();
  piece.end = log_->ended() && offset_ >= log_->size();
  co_return piece;
}

asio::awaitable<bool> LogReader::open(Segment segment) {
  if (file_ && begin_ == segment.begin) co_return true;
  file_.reset();
  try {
    auto opening = open_log(log_->output(), log_->place().segment(segment.begin));
    file_ = co_await std::move(opening);
  } catch (const std::system_error& error) {
    // The log may have ended meanwhile; then it knows what is left.
    const auto known = log_->segment_at(segment.begin);
    const bool listed = known && known->begin == segment.begin;
    if (error.code().value() != ENOENT || (listed && !log_->loses_segments())) throw;
    co_return false;
  }
  begin_ = segment.begin;
  co_return true;
}

asio::awaitable<void> LogReader::read_from(Segment segment, std::size_t max, LogPiece& piece) {
  const bool exact = pieces_ == Pieces::timed;
  auto asking = times_.of(segment, offset_, exact);
  const Moment moment = co_await std::move(asking);
  const std::uint64_t end = std::min(segment.end, moment.until);
  const std::size_t wanted = std::min<std::uint64_t>(max, end - offset_);
  auto reading = read_log(log_->output(), file_.get(), log_->place().segment(begin_), offset_ - begin_, wanted);
  piece.data = co_await std::move(reading);
  // Somebody cut the file short; going on would never end.
  if (piece.data.empty()) throw errno_error("read log", log_->path(), EIO);
  piece.at = moment.at;
  offset_ += piece.data.size();
}

asio::awaitable<LogPiece> LogReader::follow(std::size_t max) {
  auto knowing = log_->ready();
  co_await std::move(knowing);
  for (;;) {
    auto growing = log_->wait_growth(offset_);
    co_await std::move(growing);
    auto reading = read(max);
    LogPiece piece = co_await std::move(reading);
    if (piece.end || !piece.data.empty()) co_return piece;
  }
}

}  // namespace coppice::daemon
