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
  // Who may connect, where a socket is made: ";mode=0666" behind the path.
  std::optional<mode_t> mode = {};
};

// Throws std::invalid_argument: another scheme, a relative or empty path, one too long for a socket (107 bytes).
// What else stands behind a ';' is dropped, as the specification says; a mode that is not octal is refused.
Address parse_address(std::string_view text);
// "unix:/run/x" or "unix:@name".
std::string to_string(const Address& address);

// A blocking, close-on-exec, connected socket. Throws std::system_error naming the address.
UniqueFd connect_unix(const Address& address);

// Why a service cannot be offered at an address, with the remedy.
class AddressInUse : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Owner of a socket's file, and of "<path>.lock" which tells two processes that offer a service at the same time
// apart. Removes both when destroyed, unless another socket has taken the place. Owns nothing for
// an abstract address.
class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(std::string path, UniqueFd lock);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

  // The socket lies there now: from here on it is removed too.
  void created();
  // Borrowed; -1 for none.
  int lock() const { return lock_.get(); }

 private:
  void remove() noexcept;

  std::string path_;
  UniqueFd lock_;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // 0: no socket yet
};

struct Listening {
  UniqueFd socket;
  SocketFile file;
};

// A bound and listening, non-blocking, close-on-exec socket. A socket file gets `mode` before anybody can
// connect. One that nobody listens on any more is replaced. Throws AddressInUse when something
// answers there or is about to, or a file that is no socket lies there; std::system_error otherwise, naming
// the path.
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
