// What happens to jobs, in order, for Subscribe.
//
// Every event gets the next sequence number, starting at 1. The hub keeps the last kKept of them, so
// that a subscriber that lost its connection can go on where it was. A subscriber reads at its own
// pace; one that falls behind what is kept is told so (`overrun`) and goes on with the oldest kept.
// One thread; owned by the supervisor.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "config/job.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

struct JobEvent {
  std::uint64_t sequence = 0;
  config::Time at{};
  config::EventKind kind = config::EventKind::started;
  // As the job was just after the event.
  std::shared_ptr<const config::Job> job;
  // For the access check.
  unsigned owner = 0;
};

class EventHub {
 public:
  static constexpr std::size_t kKept = 16384;

  explicit EventHub(asio::io_context& context) : grown_(context) {}

  void publish(config::EventKind kind, config::Time at, std::shared_ptr<const config::Job> job,
               unsigned owner);

  // What an earlier process has published, in the order of its numbers, before anything is published here.
  void restore(JobEvent event);

  std::uint64_t last_sequence() const { return last_; }

  // The first kept event after `sequence`; nothing if there is none yet. A result whose sequence is
  // not `sequence` + 1 means that the ones between were lost to the caller.
  const JobEvent* after(std::uint64_t sequence) const;

  // Notified at each publish.
  Notifier& grown() { return grown_; }

 private:
  std::deque<JobEvent> events_;
  std::uint64_t last_ = 0;
  Notifier grown_;
};

}  // namespace coppice::daemon
