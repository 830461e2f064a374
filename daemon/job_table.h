// Every job the daemon knows: the live ones and, up to a cap, those that have ended.
//
// One thread. Jobs are handed out as shared pointers; one that is forgotten while somebody still looks
// at it lives until that is over.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/job.h"

namespace coppice::daemon {

class JobTable {
 public:
  // Ended jobs beyond this are forgotten, the one that was started first first.
  static constexpr std::size_t kEndedKept = 10'000;

  void add(std::shared_ptr<Job> job);
  // To be called when a job has ended: its name is free again, and it counts against the cap. Returns
  // those that had to go, so that their logs can be removed.
  std::vector<std::shared_ptr<Job>> settle(const Job& job);
  void forget(const Job& job);

  // By id, live or ended.
  std::shared_ptr<Job> find(std::string_view id) const;
  // By name, live ones only.
  std::shared_ptr<Job> find_named(std::string_view name) const;
  // In order of their start, those that `wanted` accepts. O(jobs).
  std::vector<std::shared_ptr<Job>> select(const std::function<bool(const Job&)>& wanted) const;
  // Live jobs of a slice and of the slices below it; the empty path is every live job.
  std::vector<std::shared_ptr<Job>> live_in(std::string_view slice) const;

  std::size_t live() const { return live_.size(); }
  // Live jobs of one user.
  std::size_t live_of(uid_t owner) const;

 private:
  using Jobs = std::map<std::string, std::shared_ptr<Job>, std::less<>>;
  Jobs live_;
  Jobs ended_;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> names_;
  std::map<uid_t, std::size_t> live_by_owner_;
};

// Whether `slice` is `above` or a slice below it.
bool slice_within(std::string_view slice, std::string_view above);

// Whether `labels` has every one of `wanted`.
bool has_labels(const std::map<std::string, std::string>& labels,
                const std::map<std::string, std::string>& wanted);

}  // namespace coppice::daemon
