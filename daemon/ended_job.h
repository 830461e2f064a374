// A job at its end and after it: on its way into the history, and back from there.
#pragma once

#include <memory>
#include <string>

#include <asio/awaitable.hpp>

#include "daemon/history/row.h"
#include "daemon/job.h"
#include "daemon/services.h"

namespace coppice::daemon {

// What the history keeps of a job that is over.
HistoryRow history_row(const Job& job);

// To be called when it is over: hands it to the history.
void settle_ended(const Job& job, Services& services);

// The ended job with that id, from the history; null if there is none. Throws std::runtime_error if the history cannot
// be read.
asio::awaitable<std::shared_ptr<Job>> recall_job(Services& services, std::string id);

}  // namespace coppice::daemon
