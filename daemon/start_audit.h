// Starts in the log of who did what that not everybody may.
#pragma once

#include "config/job_spec.h"
#include "daemon/audit.h"
#include "daemon/name_service.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Tells of a start as another user or with other groups, and of what privileged_fields() names; nothing for another.
void audit_start(Audit& audit, const varlink::Call& call, const config::JobSpec& spec, const RunAs& run_as);

// Of one that the caller may not have.
void audit_denied_start(Audit& audit, const varlink::Call& call, const config::JobSpec& spec);

}  // namespace coppice::daemon
