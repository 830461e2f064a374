// What whoever asks for a job may have it be and do. Root may everything, of a daemon that runs as root.
//
// The keeper gives a job what its spec says with the keeper's own rights: what a user could not do for
// itself has to be refused before. `own_uid` is the daemon's user.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "config/job_spec.h"
#include "config/users.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// Of what needs no name looked up: a root directory, a niceness or a place before the out-of-memory killer
// that is better than usual, limits above the daemon's own. Throws PermissionDenied, which says what may be.
void require_privileges(const config::JobSpec& spec, const varlink::Peer& peer, uid_t own_uid);

// Of whom it runs as; `groups_named`: the spec says which further groups. Throws PermissionDenied.
void require_identity(const config::Identity& wanted, const varlink::Peer& peer, bool groups_named,
                      uid_t own_uid);

// Which fields of the spec ask for what root alone may have, of a daemon that runs as root: "rootDirectory", "nice". Whom
// it runs as is another matter.
std::vector<std::string> privileged_fields(const config::JobSpec& spec, uid_t own_uid);

}  // namespace coppice::daemon
