// What a server's listeners and connections share, and the accounts of what each user holds.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ipc/varlink/server.h"

namespace coppice::varlink {

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(asio::io_context& context, const Service& service, Bounds bounds);

  // No bound of it above those of `bounds`.
  UserBounds bounds_of(uid_t uid) const;
  // Takes the connection in, or closes it and tells why.
  void admit(UniqueFd socket);
  void leave(Connection& connection);
  // Throws ProtocolError when `uid` would hold more than its bound; what was charged is discharged by
  // the same amounts.
  void charge_bytes(uid_t uid, std::size_t bytes);
  void discharge_bytes(uid_t uid, std::size_t bytes);
  void charge_descriptors(uid_t uid, std::size_t count);
  void discharge_descriptors(uid_t uid, std::size_t count);
  void tell(const Peer& peer, std::string what) const;

  static asio::awaitable<void> accept(std::shared_ptr<State> self,
                                      std::shared_ptr<asio::posix::stream_descriptor> listener);

  struct Account {
    std::size_t connections = 0;
    std::size_t bytes = 0;
    std::size_t descriptors = 0;
  };

  asio::io_context& context;
  const Service& service;
  const Bounds bounds;
  std::map<uid_t, Account> accounts;
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections;
  std::vector<std::weak_ptr<asio::posix::stream_descriptor>> listeners;
  // Given up for a moment to accept, and so to refuse, when no other descriptor is left.
  UniqueFd reserve;
  asio::steady_timer emptied;  // never expires; cancelled when the last connection has left
  bool listening = true;
  std::function<UserBounds(uid_t)> user_bounds;
  std::function<void(std::size_t)> connections_observer;
  std::function<void(const Incident&)> incident_observer;

 private:
  bool over_bounds(const Peer& peer);
  bool shed(int listener);
};

}  // namespace coppice::varlink
