// Where a service is found: Varlink addresses and the sockets behind them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::varlink {

// A Unix socket: "unix:/run/x", "unix:@name" (abstract), or a bare "/run/x".
struct Address {
  std::string name;  // the path, or the abstract name without its "@"
  bool abstract = false;
};

// Throws std::invalid_argument: another scheme, a relative or empty path, one too long for a socket (107 bytes).
// A ";mode=0666" and the like behind the path is dropped, as the specification says.
Address parse_address(std::string_view text);
// "unix:/run/x" or "unix:@name".
std::string to_string(const Address& address);

// A blocking, close-on-exec, connected socket. Throws std::system_error naming the address.
UniqueFd connect_unix(const Address& address);

// Why a service cannot be offered at an address, with the remedy.
class AddressInUse : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A bound and listening, non-blocking, close-on-exec socket. A socket file gets `mode` before anybody can
// connect. One that nobody listens on any more is replaced. Throws AddressInUse when something
// answers there, or a file that is no socket lies there; std::system_error otherwise, naming the path.
// Two processes that do this at the same time are told apart by a lock on "<path>.lock", which stays held as
// long as `lock` lives; it is not made for an abstract address.
struct Listening {
  UniqueFd socket;
  UniqueFd lock;
};
Listening listen_unix(const Address& address, mode_t mode);

// Sockets handed down at exec by systemd or by a client's exec: address: LISTEN_FDS, LISTEN_PID and
// LISTEN_FDNAMES. Empty unless LISTEN_PID is us. They are made close-on-exec and the three
// variables are removed, so call it once, before threads exist. Throws std::runtime_error for nonsense.
struct Activated {
  UniqueFd socket;
  std::string name;  // "" if it was given none
  // Whether it listens; a connected one is for Server::serve().
  bool listening = false;
};
std::vector<Activated> activated_sockets();

// SYSTEMD_VARLINK_LISTEN: "-" is a connection on standard input, anything else an address to listen at.
// Nothing when it is not set. The variable is removed.
std::optional<std::string> requested_listen_address();

}  // namespace coppice::varlink
