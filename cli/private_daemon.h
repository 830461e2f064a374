// A daemon of one's own, for `coppice run` and `coppice start` where none runs.
//
// It listens where it was looked for, detached from the terminal and from every descriptor of the
// caller (a pipe that it held open would make a reader wait for ever), and ends when it has had no job
// and no connection for a while.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "cli/connect.h"

namespace coppice::cli {

// Held by the one process that starts a daemon at an address: a file lock beside the socket, which is
// gone with its holder. The directory of the socket is made if it is missing.
class StartLock {
 public:
  // Waits for other holders. Throws Trouble for an address that has no file beside it, std::system_error.
  explicit StartLock(const varlink::Address& address);

 private:
  UniqueFd file_;
};

// Starts `coppiced --private` and answers when it listens. Call with the StartLock held, while one
// thread exists. Throws Trouble with what the daemon had to say when it refuses.
//
// The program is the one that COPPICE_DAEMON names, else coppiced beside this program, in ../sbin,
// in ../daemon (a build tree), or in PATH. COPPICE_IDLE_EXIT is the time it stays without work, in
// milliseconds; five minutes if it is not set.
void start_private_daemon(const Target& target);

// Where a private daemon of that address writes what it has to say.
std::string private_log(const Target& target);

}  // namespace coppice::cli
