// The time of a job in the queue of its slice: nothing of it is started, and it holds no more than what
// came with its request.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>

#include "daemon/job.h"
#include "daemon/services.h"
#include "daemon/slice_table.h"
#include "daemon/streams.h"

namespace coppice::daemon {

// The descriptors that came with a job that is queued, counted for as long as this lives: all queued jobs
// together hold at most half of what the daemon may have open, so that a long queue cannot keep its own jobs
// from starting.
class QueuedDescriptors {
 public:
  // Those of its streams, and `more`. Throws Exhausted. The services must outlive this.
  QueuedDescriptors(Services& services, const PassedStreams& passed, std::size_t more);
  QueuedDescriptors(QueuedDescriptors&& other) noexcept;
  QueuedDescriptors& operator=(QueuedDescriptors&&) = delete;
  ~QueuedDescriptors();

 private:
  Services& services_;
  std::size_t count_;
};

// Until the queued job has its place: it is in state starting then, and goes on (true). Or until it is asked to
// end (false): also if its place came at the same time, so that a slice that is killed starts none of those
// that wait. Whoever asks wakes it, as `place` must (Place::notify).
asio::awaitable<bool> await_place(std::shared_ptr<Job> job, SliceTable::Place& place);

// What is left to do then: the job is over, with the result that says so.
void end_unstarted(Job& job, Services& services);

}  // namespace coppice::daemon
