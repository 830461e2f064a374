#include "daemon/output/log_index.h"

#include <algorithm>

namespace coppice::daemon {

void LogIndex::add(std::uint64_t offset, config::Time at) {
  constexpr std::chrono::milliseconds kSame{1};
  if (!entries_.empty()) {
    const config::Time last = entries_.back().at;
    if (at >= last && at - last < kSame) return;
  }
  if (entries_.size() == kMaxEntries) thin();
  entries_.push_back({offset, at});
}

config::Time LogIndex::at(std::uint64_t offset) const {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.offset; });
  return after == entries_.begin() ? config::Time{} : std::prev(after)->at;
}

void LogIndex::thin() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); i += 2) entries_[kept++] = entries_[i];
  entries_.resize(kept);
}

}  // namespace coppice::daemon
