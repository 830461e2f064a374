// Every job in memory: the live ones, and of those that have ended the latest and those that the history does not
// have yet.
//
// One thread. Jobs are handed out as shared pointers; one that is forgotten while somebody still looks
// at it lives until that is over.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/job.h"
#include "daemon/user_jobs.h"

namespace coppice::daemon {

class JobTable {
 public:
  // Of the ended jobs that may go, as many stay: what is asked for most.
  static constexpr std::size_t kEndedKept = 500;

  void add(std::shared_ptr<Job> job);
  // To be called when a queued job has got its place.
  void admit(const Job& job) { users_.admit(job); }
  // To be called when a job has ended: its name is free again.
  void settle(const Job& job);
  // The ended job may go: the history has it. The ones that were started first go first.
  void let_go(std::string_view id);
  // The ended job goes.
  void forget(std::string_view id);

  // By id, live or ended.
  std::shared_ptr<Job> find(std::string_view id) const;
  // By name, live ones only.
  std::shared_ptr<Job> find_named(std::string_view name) const;
  // The id of the job to which `owner` gave that key, also when it is in the history alone by now; empty for one that
  // is unknown, or was forgotten, or has so many after it that nobody can wait for an answer about it any more.
  std::string find_keyed(uid_t owner, const std::string& key) const;
  // In order of their start, those that `wanted` accepts. O(jobs).
  std::vector<std::shared_ptr<Job>> select(const std::function<bool(const Job&)>& wanted) const;
  // Live jobs of a slice and of the slices below it; the empty path is every live job.
  std::vector<std::shared_ptr<Job>> live_in(std::string_view slice) const;

  std::size_t live() const { return live_.size(); }
  // Live jobs of one user.
  const UserJobs::Count& of_user(uid_t owner) const { return users_.of(owner); }

 private:
  using KeyOfUser = std::pair<uid_t, std::string>;
  // Keys of jobs that are in the history alone.
  static constexpr std::size_t kOldKeys = 20'000;

  void drop_ended(std::string_view id);

  using Jobs = std::map<std::string, std::shared_ptr<Job>, std::less<>>;
  Jobs live_;
  Jobs ended_;
  // Of the ended ones, those that may go.
  std::set<std::string, std::less<>> spare_;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> names_;
  std::map<KeyOfUser, std::string> keys_;
  // The oldest first.
  std::deque<KeyOfUser> old_keys_;
  UserJobs users_;
};

// Whether `slice` is `above` or a slice below it.
bool slice_within(std::string_view slice, std::string_view above);

// Whether `labels` has every one of `wanted`.
bool has_labels(const std::map<std::string, std::string>& labels,
                const std::map<std::string, std::string>& wanted);

}  // namespace coppice::daemon
