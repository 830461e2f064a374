// Connections that were refused, or ended for what they did, in the daemon's log.
#pragma once

#include "ipc/varlink/server.h"

namespace coppice::daemon {

// From now on. At most ten a second are told in full, the others are counted: a peer cannot flood the log.
void log_incidents(varlink::Server& server);

}  // namespace coppice::daemon
