// A Varlink server on stream sockets of the Unix family.
//
// One thread, that of the io_context, owns all of it. Whatever bytes a peer sends (malformed, too long, too
// slow, too many descriptors) cost its connection and nothing else.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "ipc/varlink/call.h"
#include "ipc/varlink/service.h"

namespace coppice::varlink {

// Everything that a peer can grow. "A user" is the uid of the peer, root included.
struct Bounds {
  std::size_t connections = 4096;
  std::size_t connections_per_user = 1024;
  // Bytes of one message, in either direction, without its NUL.
  std::size_t message_bytes = std::size_t{16} << 20;
  // Text of calls that are not answered yet, complete or not, over all connections of a user.
  std::size_t pending_bytes_per_user = std::size_t{256} << 20;
  // JSON values in one message: what a message costs once parsed.
  std::size_t message_values = std::size_t{1} << 20;
  // At most 253, the kernel's limit for one message (SCM_MAX_FD).
  std::size_t descriptors_per_message = 253;
  // Received and neither taken nor closed yet, over all connections of a user.
  std::size_t descriptors_per_user = 1024;
};

// What a user may have less of than Bounds say.
struct UserBounds {
  std::size_t connections = std::numeric_limits<std::size_t>::max();
  // Of one message from a connection that is made from now on.
  std::size_t message_bytes = std::numeric_limits<std::size_t>::max();
  std::size_t descriptors = std::numeric_limits<std::size_t>::max();
};

class Server {
 public:
  // `context` and `service` outlive the server. Destroying the server closes its listeners and cancels its
  // connections; their coroutines end while `context` runs on, or with it, and use `service` until then.
  Server(asio::io_context& context, const Service& service);
  Server(asio::io_context& context, const Service& service, Bounds bounds);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts from a listening socket until close_listeners(). A connection above a bound is accepted and
  // closed at once. When descriptors or memory run out, a waiting connection is shed through a
  // descriptor kept in reserve; accepting never spins.
  void listen(UniqueFd listening_socket);
  // Serves one connected socket (SYSTEMD_VARLINK_LISTEN=-, a socket pair).
  void serve(UniqueFd connected_socket);

  // Asked, from the loop, each time that something is granted; who has more by then keeps it. Before the first
  // listen(), and it must not throw.
  void bound_users(std::function<UserBounds(uid_t)> bounds_of);

  void close_listeners();
  // Closes each connection once it waits for a call, now or after the answer to the present one.
  void drain();
  // Cancels what runs, closes every connection. Their handlers and at_close actions end in turns of the
  // io_context's loop to come: await all_closed(). With `farewell`, a call that waits is answered with that error first;
  // a peer that does not read keeps its connection until this is called again.
  void close_connections();
  void close_connections(const MethodError& farewell);
  // Returns when no connection is left.
  asio::awaitable<void> all_closed();

  std::size_t connections() const;
  // Called with the number of connections each time it changes, from the loop.
  void on_connections(std::function<void(std::size_t)> observer);

  // A connection that was refused, or that was ended for what it did: for a log. Called from the loop.
  struct Incident {
    Peer peer;
    std::string what;  // `more than 1024 connections of user 1000`
  };
  void on_incident(std::function<void(const Incident&)> observer);

  // What connections share with their server; not for users.
  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace coppice::varlink
