// When bytes of a log were captured, from what this life saw and from the index on disk.
//
// Control thread; what may block is done by the reading thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <asio/awaitable.hpp>

#include "daemon/output/index_file.h"
#include "daemon/output/log.h"

namespace coppice::daemon {

// Bytes that came at one time, as far as is known: those up to `until`.
struct Moment {
  config::Time at{};
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
};

class LogTimes {
 public:
  explicit LogTimes(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  // Of the byte at `offset`, which is in `segment`. Not `exact`: what this life saw will do, where it saw it.
  asio::awaitable<Moment> of(Segment segment, std::uint64_t offset, bool exact);

 private:
  // Some entries in a row of one segment's index.
  struct Window {
    std::uint64_t begin = 0;
    std::vector<IndexEntry> entries;
  };

  std::shared_ptr<Log> log_;
  Window window_;
};

// Where bytes begin that were captured at `time` or later, as far as is known; the present end of the log if there are
// none yet. The log must be known.
asio::awaitable<std::uint64_t> find_since(std::shared_ptr<Log> log, config::Time time);

}  // namespace coppice::daemon
