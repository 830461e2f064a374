#include "daemon/event_hub.h"

#include <utility>

namespace coppice::daemon {

void EventHub::publish(config::EventKind kind, config::Time at,
                       std::shared_ptr<const config::Job> job, unsigned owner) {
  events_.push_back({++last_, at, kind, std::move(job), owner});
  if (events_.size() > kKept) events_.pop_front();
  grown_.notify_all();
}

const JobEvent* EventHub::after(std::uint64_t sequence) const {
  if (sequence >= last_) return nullptr;
  const std::uint64_t first = events_.front().sequence;
  return &events_[sequence < first ? 0 : sequence + 1 - first];
}

}  // namespace coppice::daemon
