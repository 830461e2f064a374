// What the service manager and the keeper say to this process by its environment.
#pragma once

#include <chrono>
#include <string>

namespace coppice::daemon {

// NOTIFY_SOCKET; empty if nobody wants to be told.
std::string notify_socket();

// How long a supervisor may be silent for the service manager's watchdog (WATCHDOG_USEC) to stay content: half of that, so that
// the keeper acts first. 0 if that asks for nothing, or not of this process (WATCHDOG_PID).
std::chrono::milliseconds asked_patience();

// In a supervisor: how long its keeper lets it be silent, 0 for ever.
std::chrono::milliseconds keeper_patience();

}  // namespace coppice::daemon
