// A datagram socket to somebody who listens on this machine, for messages that wait for nobody.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::daemon {

// Any thread may send(), if none calls reconnect() or send_again().
class Datagram {
 public:
  // A path, or "@NAME" for an abstract address. Opens nothing that fails: send() tells.
  explicit Datagram(std::string address);

  // 0, or errno: EAGAIN when whoever listens takes nothing now. With `as` in the name of that process, if we may (root may).
  int send(std::string_view message, pid_t as = 0) const;
  // The same, but somebody who has come to listen at the same address since is found.
  int send_again(std::string_view message, pid_t as = 0);
  // Borrowed, to be watched for room; -1 when nobody listens.
  int descriptor() const { return socket_.get(); }

 private:
  int connect();

  const std::string address_;
  int problem_ = 0;
  UniqueFd socket_;
};

}  // namespace coppice::daemon
