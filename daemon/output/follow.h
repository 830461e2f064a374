// Reads a log for one client, at that client's pace.
//
// Each reader has a file and an offset of its own and is held back by nobody; a slow one keeps nothing
// in memory but the piece it is busy with. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "daemon/output/log.h"
#include "daemon/output/times.h"

namespace coppice::daemon {

struct LogPiece {
  std::string data;
  // Of the first byte of `data`, and when that was captured. It lies further on than where the reader was when bytes in
  // between were not kept.
  std::uint64_t offset = 0;
  config::Time at{};
  // The log has ended and nothing follows this piece.
  bool end = false;
};

class LogReader {
 public:
  // timed: a piece ends where the time of capture changes, as far as that is known.
  enum class Pieces { large, timed };

  // Begins at byte `offset`, which may lie beyond the present end.
  LogReader(std::shared_ptr<Log> log, std::uint64_t offset, Pieces pieces = Pieces::large);

  // The next bytes that are there now, at most `max` (at least 1); empty if there are none.
  // Throws std::system_error if the log cannot be read (ENOENT: it was removed).
  asio::awaitable<LogPiece> read(std::size_t max);

  // The same, but waits for the first byte: only the piece with `end` set may be empty. Throws
  // operation_aborted when cancelled.
  asio::awaitable<LogPiece> follow(std::size_t max);

  std::uint64_t offset() const { return offset_; }

 private:
  asio::awaitable<bool> open(Segment segment);
  asio::awaitable<void> read_from(Segment segment, std::size_t max, LogPiece& piece);

  std::shared_ptr<Log> log_;
  std::uint64_t offset_;
  Pieces pieces_;
  LogTimes times_;
  // Opened with the first byte: of the segment that begins there.
  UniqueFd file_;
  std::uint64_t begin_ = 0;
};

}  // namespace coppice::daemon
