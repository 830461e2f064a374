// When each piece of a log was captured, as far as this life of the daemon has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "config/job.h"

namespace coppice::daemon {

// A list of (offset, time), bounded in memory: pieces that come within a millisecond count as one,
// and when the list is full every second entry goes, so that times get coarser evenly over the log.
class LogIndex {
 public:
  static constexpr std::size_t kMaxEntries = 1024;

  // The bytes from `offset` on came at `at`. Offsets must not fall; times that do (the clock was set
  // back) are kept as they are.
  void add(std::uint64_t offset, config::Time at);

  // When the byte at `offset` came; the epoch while nothing has come.
  config::Time at(std::uint64_t offset) const;

  // Of the entry that tells about the byte at `offset`; nothing if it came before the first.
  struct Entry {
    std::uint64_t offset;
    config::Time at;
  };
  std::optional<Entry> entry(std::uint64_t offset) const;
  // Where bytes begin that came at another time than the byte at `offset`; nothing if none are known.
  std::optional<std::uint64_t> next(std::uint64_t offset) const;
  // Where the first piece begins that came at `time` or later.
  std::optional<std::uint64_t> since(config::Time time) const;

  std::size_t entries() const { return entries_.size(); }

 private:
  std::vector<Entry>::const_iterator after(std::uint64_t offset) const;
  void thin();

  std::vector<Entry> entries_;
};

}  // namespace coppice::daemon
