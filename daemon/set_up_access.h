// The supervisor's part in access and reloads.
#pragma once

#include "daemon/services.h"
#include "ipc/varlink/server.h"

namespace coppice::daemon {

// Rules and quotas, for the methods and for the server, which asks each time. Looks names up, and may block: before
// anything is served. The services outlive the server's use of them.
void set_up_access(Services& services, const Settings& settings, varlink::Server& server);

// SIGHUP: reads the settings again, unless the daemon is on its way out. The log tells what came of it.
void reload_for_signal(Services& services);

}  // namespace coppice::daemon
