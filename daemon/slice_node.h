// One slice of the queue: who waits in it, what it may run, and the slices below it.
//
// A slice offers to the one above it the first of those that could run: the first of its own and of
// the offers from below, or nobody while it is full. So the offers of a whole tree are known at its
// top, and each change costs the way up: the depth of slices, times the logarithm of who waits.
//
// Only slice_table.cc uses this. One thread. What is noexcept allocates nothing.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/job.h"
#include "daemon/slice_bounds.h"

namespace coppice::daemon {

class Notifier;
class SliceNode;

// Who starts first. Unique by its sequence.
struct Rank {
  // The priority with its sign changed: lower is earlier.
  std::int64_t order = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const Rank&) const = default;
};

// What one job has with its slice: it waits there, or it has a place.
struct Claim {
  SliceNode* slice = nullptr;
  Rank rank;
  bool admitted = false;
  // Notified when it gets its place; null for nobody.
  Notifier* notifier = nullptr;
};

class SliceNode {
 public:
  // One of the two.
  struct Candidate {
    Claim* claim = nullptr;
    SliceNode* below = nullptr;
  };
  using Candidates = std::map<Rank, Candidate>;
  static Candidates::node_type make_candidate(Rank rank, Candidate candidate);

  // `above` is null for the slice of all, whose path is empty.
  SliceNode(SliceNode* above, std::string path);
  SliceNode(const SliceNode&) = delete;
  SliceNode& operator=(const SliceNode&) = delete;

  SliceNode* above() const { return above_; }
  const std::string& path() const { return path_; }
  // Something is set that stays when no job is left in it.
  bool bounded() const { return !bounds_.none(); }
  const SliceBounds& bounds() const { return bounds_; }
  // Nobody is in it or below, and nothing is known of it.
  bool unused() const { return !bounded() && running_ == 0 && queued_ == 0 && below_.empty(); }
  config::Slice view() const;

  SliceNode* find_below(std::string_view name);
  SliceNode& open_below(std::string_view name);
  void drop_below(const SliceNode& node) noexcept;
  // In the order of their names.
  void each_below(const std::function<void(const SliceNode&)>& visit) const;

  // Whether somebody in it or below could run now.
  bool has_next() const noexcept { return best() != nullptr; }
  // Who is the first of them.
  Claim& next() noexcept;

  void set_bounds(SliceBounds bounds) noexcept;
  // A claim on this very slice waits, is let in, goes away.
  void queue(Candidates::node_type candidate) noexcept;
  void admit(Claim& claim) noexcept;
  void leave(const Claim& claim) noexcept;

 private:
  const Rank* best() const noexcept;
  void offer() noexcept;

  SliceNode* const above_;
  const std::string path_;
  std::map<std::string, SliceNode, std::less<>> below_;
  Candidates candidates_;
  SliceBounds bounds_;
  // Of this slice and of all below.
  std::int64_t running_ = 0;
  std::int64_t queued_ = 0;
  // What stands among the candidates of the slice above, under `offered_`; in hand while nothing does.
  Candidates::node_type offer_;
  Rank offered_;
};

}  // namespace coppice::daemon
