// When each piece of a log was captured.
#pragma once

#include <cstddef>
#include <cstdint>
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

  std::size_t entries() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t offset;
    config::Time at;
  };
  void thin();

  std::vector<Entry> entries_;
};

}  // namespace coppice::daemon
