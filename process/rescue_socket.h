// Where a keeper that has given up starting supervisors waits for one that comes by itself.
//
// A SOCK_SEQPACKET socket in the file system. Whoever connects, and may, is the supervisor from then on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace coppice::process {

// The supervisor's: a line to the keeper that rests there, for a greeting. Throws std::system_error: ENOENT or
// ECONNREFUSED if none does.
UniqueFd connect_resting_keeper(const std::string& path);

// The keeper's. Replaces what is at the path, for nobody else makes sockets there; mode 0600. Close-on-exec, does not
// block. Throws std::system_error.
UniqueFd listen_for_rescue(const std::string& path);

// Removes it again.
void stop_listening(const std::string& path);

struct Rescuer {
  UniqueFd socket;  // blocking, close-on-exec
  UniqueFd pidfd;
};

// Who has connected: root, or a process of our own user. One without a socket for anybody else, who is hung up on, and for
// one that has left already. Nothing when nobody waits, or for a shortage.
std::optional<Rescuer> accept_rescuer(int listener);

}  // namespace coppice::process
