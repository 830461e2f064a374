#include "daemon/user_jobs.h"

namespace coppice::daemon {

void UserJobs::add(const Job& job) {
  Count& count = counts_[job.owner().uid];
  ++count.live;
  ++count.slices[job.slice()];
  if (job.state() == config::State::queued) count.queued.insert(job.id());
}

void UserJobs::admit(const Job& job) {
  const auto count = counts_.find(job.owner().uid);
  if (count != counts_.end()) count->second.queued.erase(job.id());
}

void UserJobs::remove(const Job& job) {
  admit(job);
  const auto count = counts_.find(job.owner().uid);
  const auto slice = count->second.slices.find(job.slice());
  if (--slice->second == 0) count->second.slices.erase(slice);
  if (--count->second.live == 0) counts_.erase(count);
}

const UserJobs::Count& UserJobs::of(uid_t user) const {
  static const Count kNone;
  const auto count = counts_.find(user);
  return count == counts_.end() ? kNone : count->second;
}

}  // namespace coppice::daemon
