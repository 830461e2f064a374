#include "daemon/event_hub.h"

#include <utility>

namespace coppice::daemon {

void EventHub::publish(config::EventKind kind, config::Time at,
                       std::shared_ptr<const config::Job> job, unsigned owner) {
  events_.push_back({++last_, at, kind, std::move(job), owner});
  if (events_.size() > kKept) events_.pop_front();
  grown_.notify_all();
}

void EventHub::restore(JobEvent event) {
  // A gap means that what was between is not known any more: subscribers are told of that where the first one begins.
  if (event.sequence != last_ + 1) events_.clear();
  last_ = event.sequence;
  events_.push_back(std::move(event));
  if (events_.size() > kKept) events_.pop_front();
}

const JobEvent* EventHub::after(std::uint64_t sequence) const {
  if (sequence >= last_) return nullptr;
  const std::uint64_t first = events_.front().sequence;
  return &events_[sequence < first ? 0 : sequence + 1 - first];
}

}  // namespace coppice::daemon
