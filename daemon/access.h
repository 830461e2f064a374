// Who may do what (guarantees A1, A2).
#pragma once

#include "daemon/job.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// A user sees and touches its own jobs, root all of them. So does the user that the daemon runs as.
bool may_touch(const varlink::Peer& peer, uid_t owner);

// What concerns the jobs of everybody: root's, and that of the user that the daemon runs as.
bool may_govern(const varlink::Peer& peer);

}  // namespace coppice::daemon
