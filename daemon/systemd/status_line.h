// One line about the jobs for `systemctl status`: "12 jobs, 3 ending".
//
// Told when it has changed, at most once a second. Control thread.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "config/job.h"
#include "daemon/services.h"
#include "daemon/systemd/notification.h"

namespace coppice::daemon {

// Of live jobs, by their states.
std::string status_line(const std::vector<config::State>& states);

// For ever; both outlive it.
asio::awaitable<void> keep_status(Services& services, Notification& notification);

}  // namespace coppice::daemon
