#include "daemon/output/follow.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/open_log.h"

namespace coppice::daemon {

LogReader::LogReader(std::shared_ptr<Log> log, std::uint64_t offset)
    : log_(std::move(log)), offset_(offset) {}

asio::awaitable<LogPiece> LogReader::read(std::size_t max) {
  LogPiece piece;
  piece.offset = offset_;
  piece.at = log_->time_at(offset_);
  if (offset_ < log_->size()) {
    if (!file_) {
      auto opened = open_log(log_->output(), log_->path());
      file_ = co_await std::move(opened);
    }
    const std::size_t wanted = std::min<std::uint64_t>(max, log_->size() - offset_);
    auto reading = read_log(log_->output(), file_.get(), log_->path(), offset_, wanted);
    piece.data = co_await std::move(reading);
    // Somebody cut the file short; going on would never end.
    if (piece.data.empty()) throw errno_error("read log", log_->path(), EIO);
    offset_ += piece.data.size();
  }
  piece.end = log_->ended() && offset_ >= log_->size();
  co_return piece;
}

asio::awaitable<LogPiece> LogReader::follow(std::size_t max) {
  co_await log_->wait_growth(offset_);
  auto reading = read(max);
  LogPiece piece = co_await std::move(reading);
  co_return piece;
}

}  // namespace coppice::daemon
