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

std::vector<LogIndex::Entry>::const_iterator LogIndex::after(std::uint64_t offset) const {
  return std::ranges::upper_bound(entries_, offset, {}, &Entry::offset);
}

std::optional<LogIndex::Entry> LogIndex::entry(std::uint64_t offset) const {
  const auto behind = after(offset);
  return behind == entries_.begin() ? std::nullopt : std::optional(*std::prev(behind));
}

config::Time LogIndex::at(std::uint64_t offset) const {
  const auto found = entry(offset);
  return found ? found->at : config::Time{};
}

std::optional<std::uint64_t> LogIndex::next(std::uint64_t offset) const {
  const auto behind = after(offset);
  return behind == entries_.end() ? std::nullopt : std::optional(behind->offset);
}

std::optional<std::uint64_t> LogIndex::since(config::Time time) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.at >= time; });
  return found == entries_.end() ? std::nullopt : std::optional(found->offset);
}

void LogIndex::thin() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); i += 2) entries_[kept++] = entries_[i];
  entries_.resize(kept);
}

}  // namespace coppice::daemon
