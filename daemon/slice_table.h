// Which job may run, and which has to wait: the bounds of slices and the one queue behind them.
//
// A job takes a place in its slice and in every slice above it. It waits until each of them that has a
// bound has room. Of those that could run the one with the higher priority goes first, then the one
// that came first; one that waits for a narrower slice is in nobody's way. Coming, going and being let
// in cost the logarithm of who waits, never the number of jobs; nothing polls: whoever leaves, and
// whoever changes a bound, lets in who can go.
//
// One thread, the control thread. Paths are checked already (config/check.h); the empty one is the slice
// of all jobs. Bounds live as long as the table; the register keeps them longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "config/job.h"
#include "daemon/slice_bounds.h"

namespace coppice::daemon {

class Notifier;
struct Claim;

class SliceTable {
  struct State;

 public:
  // Slices that may have a bound at once: they stay when no job is left in them.
  static constexpr std::size_t kBounds = 4096;

  // What a job holds from its creation to its end; it leaves when this is dropped, and the next is let
  // in then. May outlive the table.
  class Place {
   public:
    Place(std::shared_ptr<State> state, std::unique_ptr<Claim> claim);
    Place(Place&&) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

    // It may run. Never taken back.
    bool admitted() const;
    // To be notified when it is let in; must live as long as the place does.
    void notify(Notifier& notifier);

   private:
    std::shared_ptr<State> state_;
    std::unique_ptr<Claim> claim_;
  };

  SliceTable();
  ~SliceTable();
  SliceTable(const SliceTable&) = delete;
  SliceTable& operator=(const SliceTable&) = delete;

  // The place is admitted at once if there is room. Throws std::bad_alloc only, and nothing has changed then.
  Place enter(std::string_view slice, int priority);

  // In place of what was set. Who runs goes on, however low the new bound is. Limits are kept here, and set by who has
  // the cgroups. False, and nothing has changed, if kBounds slices have something set. A `max_jobs` is at least 1.
  bool set_bounds(std::string_view slice, SliceBounds bounds);
  // The same, and the limits stay. Nothing: no bound.
  bool set_bound(std::string_view slice, std::optional<std::int64_t> max_jobs);

  // Nothing set: none() of the answer.
  SliceBounds bounds(std::string_view slice) const;

  // One slice with its counts; nothing if it has neither bound nor job.
  std::optional<config::Slice> find(std::string_view slice) const;
  // `slice` and those below it that have a bound or a job, each behind the one above it. The slice of all is
  // there only with a bound.
  std::vector<config::Slice> list(std::string_view slice) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace coppice::daemon
