#include "daemon/job_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace coppice::daemon {

void JobTable::add(std::shared_ptr<Job> job) {
  if (job->spec().name) names_.emplace(*job->spec().name, job);
  if (job->key()) keys_.emplace(KeyOfUser(job->owner().uid, *job->key()), job->id());
  users_.add(*job);
  const std::string& id = job->id();
  live_.emplace_hint(live_.end(), id, std::move(job));
}

void JobTable::settle(const Job& job) {
  const auto found = live_.find(job.id());
  if (found == live_.end()) return;
  if (job.spec().name) names_.erase(*job.spec().name);
  users_.remove(job);
  ended_.insert(live_.extract(found));
}

void JobTable::let_go(std::string_view id) {
  if (!ended_.contains(id)) return;
  spare_.emplace(id);
  while (spare_.size() > kEndedKept) {
    if (const auto job = find(*spare_.begin()); job->key()) old_keys_.emplace_back(job->owner().uid, *job->key());
    drop_ended(*spare_.begin());
    spare_.erase(spare_.begin());
  }
  for (; old_keys_.size() > kOldKeys; old_keys_.pop_front()) keys_.erase(old_keys_.front());
}

void JobTable::drop_ended(std::string_view id) {
  const auto found = ended_.find(id);
  if (found == ended_.end()) return;
  ended_.erase(found);
}

void JobTable::forget(std::string_view id) {
  if (const auto job = find(id); job && job->over() && job->key()) keys_.erase(KeyOfUser(job->owner().uid, *job->key()));
  drop_ended(id);
  if (const auto found = spare_.find(id); found != spare_.end()) spare_.erase(found);
}

std::shared_ptr<Job> JobTable::find(std::string_view id) const {
  if (const auto found = live_.find(id); found != live_.end()) return found->second;
  if (const auto found = ended_.find(id); found != ended_.end()) return found->second;
  return nullptr;
}

std::shared_ptr<Job> JobTable::find_named(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second;
}

std::string JobTable::find_keyed(uid_t owner, const std::string& key) const {
  const auto found = keys_.find(KeyOfUser(owner, key));
  return found == keys_.end() ? std::string() : found->second;
}

std::vector<std::shared_ptr<Job>> JobTable::select(
    const std::function<bool(const Job&)>& wanted) const {
  std::vector<std::shared_ptr<Job>> selected;
  // Both maps are in order of the ids, which is that of the starts.
  auto live = live_.begin();
  auto ended = ended_.begin();
  while (live != live_.end() || ended != ended_.end()) {
    const bool take_live =
        ended == ended_.end() || (live != live_.end() && live->first < ended->first);
    const auto& job = take_live ? (live++)->second : (ended++)->second;
    if (wanted(*job)) selected.push_back(job);
  }
  return selected;
}

std::vector<std::shared_ptr<Job>> JobTable::live_in(std::string_view slice) const {
  std::vector<std::shared_ptr<Job>> jobs;
  for (const auto& [id, job] : live_)
    if (slice_within(job->slice(), slice)) jobs.push_back(job);
  return jobs;
}

bool slice_within(std::string_view slice, std::string_view above) {
  if (above.empty() || slice == above) return true;
  return slice.size() > above.size() && slice.starts_with(above) && slice[above.size()] == '/';
}

bool has_labels(const std::map<std::string, std::string>& labels,
                const std::map<std::string, std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

}  // namespace coppice::daemon
