// Where the daemon keeps its things and where clients look for it, unless told otherwise.
#pragma once

#include <sys/types.h>

#include <string>

namespace coppice::config {

// Absolute paths.
struct Places {
  std::string socket;
  // Lost at reboot: socket, lock.
  std::string runtime_directory;
  // Kept: logs, history.
  std::string state_directory;
};

// For root: /run/coppice and /var/lib/coppice. For another user: $XDG_RUNTIME_DIR/coppice, or
// /tmp/coppice-UID where there is none, and $XDG_STATE_HOME/coppice, or ~/.local/state/coppice, or below
// the runtime directory for a user without a home. The socket is "socket" in the runtime directory.
// Variables that are not absolute paths do not count (XDG Base Directory Specification).
// Reads the environment: not while another thread writes it. Makes nothing.
Places default_places(uid_t uid);

// COPPICE_SOCKET if it is set and not empty, else that of default_places. An address as Varlink has it: a
// path, "unix:/path" or "unix:@name".
std::string default_socket(uid_t uid);

// Makes a directory that nobody else may enter (0700), and those above it that are missing (0755). One that
// stands there already is taken if it is a directory (no symbolic link), belongs to the caller and nobody
// else may write to it: in /tmp another user may have been faster. Throws std::system_error or, for a
// directory that cannot be trusted, std::runtime_error; both name the path.
void make_private_directory(const std::string& path);

}  // namespace coppice::config
