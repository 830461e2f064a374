// A line in the journal for each start and each end of a job, so that `journalctl COPPICE_JOB=ID` has the whole of its story
// together with what it wrote there itself.
//
// On a plain standard error there are no such lines: nobody could find them by job there, and who does not read them would hold
// up the daemon. Control thread.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "config/job.h"
#include "daemon/event_hub.h"

namespace coppice::daemon {

// What is said of the event; nothing of one that is neither the execution of its program nor its end.
std::optional<std::string> job_line(config::EventKind kind, const config::Job& job);

// Of every event after that one, for ever; the hub outlives it.
asio::awaitable<void> log_jobs(EventHub& events, std::uint64_t after);

}  // namespace coppice::daemon
