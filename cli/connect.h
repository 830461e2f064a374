// The connection to the daemon.
#pragma once

#include <string>
#include <system_error>

#include "cli/options.h"
#include "ipc/varlink/client.h"

namespace coppice::cli {

// Where the daemon is looked for: --socket, else COPPICE_SOCKET, else the place for this user.
struct Target {
  varlink::Address address;
  // What the user knows it by.
  std::string word;
  // Neither option nor variable: nobody vouched for what listens there.
  bool usual_place = false;
};

// Throws Trouble for a word that is no address.
Target target_of(const CommonOptions& options);

// Throws Trouble that names the socket and the remedy when nothing answers. At the usual place only
// a daemon of this user or of root is talked to: in /tmp anybody could listen.
varlink::Client connect(const Target& target);

// The same for who tries again: what connect(2) says comes as std::system_error.
varlink::Client try_connect(const Target& target);

// Whether that is what a socket says which no process has.
bool nobody_listens(const std::system_error& error);

// As connect(), but where no daemon runs it starts a private one for this user (private_daemon.h).
varlink::Client connect_or_start(const Target& target);

}  // namespace coppice::cli
