// How a job comes to be: the way from a request to a job whose coroutine runs.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>

#include "daemon/handed_ends.h"
#include "daemon/job.h"
#include "daemon/inheritance.h"
#include "daemon/services.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

struct StartedJob {
  std::shared_ptr<Job> job;
  // For the reply that tells of the start.
  HandedEnds ends;
};

// What Start and Run have in common: reads and checks `spec` of the call, takes its descriptors, makes the
// job and waits until its program has been executed, or answers at once if it is queued. `unbound` is the lifetime of a
// job that names none. With a `key` that a job of this user has, that job is the answer, with no ends of pipes; it is bound to
// this connection if it is bound to one, and the call's descriptors are closed.
// Throws MethodError or what errors.h translates; StartFailed when nothing of the job is alive.
asio::awaitable<StartedJob> start_job(varlink::Call& call, Services& services,
                                      config::Lifetime::Bound unbound);

// Makes a job go on that an earlier supervisor has begun, from where it was.
void go_on(std::shared_ptr<Job> job, Services& services, SliceTable::Place place, Inheritance inheritance);

// Waits until the program of a job that was queued has been executed, or the job is over without. Throws what
// Start would have: StartFailed when nothing of the job is alive.
// Of a job whose failure is not in memory any more, StartFailed says what its result does.
asio::awaitable<void> await_start(std::shared_ptr<Job> job);

}  // namespace coppice::daemon
