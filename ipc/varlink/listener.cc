// Accepting, and refusing what is above a bound.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>

#include "base/errno_text.h"
#include "base/readiness.h"
#include "ipc/varlink/connection.h"
#include "ipc/varlink/message.h"
#include "ipc/varlink/server_state.h"

namespace coppice::varlink {
namespace {

// How long accepting rests when not even the reserve helped: only time can.
constexpr std::chrono::milliseconds kRest{100};

constexpr std::size_t kAcceptedInARow = 16;

UniqueFd open_reserve() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// With EAGAIN where nobody waits, even if the socket is in blocking mode: systemd, which has it too, clears O_NONBLOCK for all
// who share it whenever it starts the service again (systemd.exec(5), NonBlocking=).
UniqueFd accept_one(int listener) {
  if (ready_events(listener, POLLIN) == 0) {
    errno = EAGAIN;
    return UniqueFd();
  }
  return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

bool shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// <asm-generic/socket.h>; Linux 4.13.
constexpr int kPeerGroups = 59;

// None where the kernel does not tell: fewer rights, never more.
std::vector<gid_t> groups_of(int socket) {
  std::vector<gid_t> groups;
  socklen_t size = 0;
  // What does not fit is answered with the size that does.
  while (::getsockopt(socket, SOL_SOCKET, kPeerGroups, groups.data(), &size) != 0) {
    if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) return {};
    groups.resize(size / sizeof(gid_t));
  }
  groups.resize(size / sizeof(gid_t));
  return groups;
}

Peer peer_of(int socket) {
  ucred credentials = {};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    throw errno_error("getsockopt SO_PEERCRED", "varlink connection", errno);
  Peer peer;
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.groups = groups_of(socket);
  return peer;
}

void within(std::size_t held, std::size_t bound, const char* what, uid_t uid) {
  if (held > bound)
    throw ProtocolError("more than " + std::to_string(bound) + " " + what + " of user " + std::to_string(uid));
}

}  // namespace

Server::State::State(asio::io_context& io, const Service& offered, Bounds limits)
    : context(io), service(offered), bounds(limits), reserve(open_reserve()), emptied(io) {
  emptied.expires_at(asio::steady_timer::time_point::max());
}

UserBounds Server::State::bounds_of(uid_t uid) const {
  UserBounds most = user_bounds ? user_bounds(uid) : UserBounds();
  most.connections = std::min(most.connections, bounds.connections_per_user);
  most.message_bytes = std::min(most.message_bytes, bounds.message_bytes);
  most.descriptors = std::min(most.descriptors, bounds.descriptors_per_user);
  return most;
}

void Server::listen(UniqueFd listening_socket) {
  const int fd = listening_socket.get();
  // A socket handed down may be in blocking mode, and accept would then hold the thread.
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    throw errno_error("fcntl F_SETFL", "listening socket", errno);
  auto listener = std::make_shared<asio::posix::stream_descriptor>(state_->context, fd);
  static_cast<void>(listening_socket.release());
  state_->listeners.push_back(listener);
  asio::co_spawn(state_->context, State::accept(state_, std::move(listener)), asio::detached);
}

asio::awaitable<void> Server::State::accept(std::shared_ptr<State> self,
                                            std::shared_ptr<asio::posix::stream_descriptor> listener) {
  asio::steady_timer rest(self->context);
  std::size_t accepted = 0;
  while (listener->is_open()) {
    UniqueFd socket = accept_one(listener->native_handle());
    const int error = errno;
    asio::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    if (socket) {
      self->admit(std::move(socket));
      // However fast they come, those who are connected get their turn.
      if (++accepted % kAcceptedInARow == 0) co_await asio::post(self->context, token);
      continue;
    }
    if (shortage(error)) {
      if (self->shed(listener->native_handle())) continue;
      rest.expires_after(kRest);
      co_await rest.async_wait(token);
    } else if (error == EAGAIN) {
      co_await listener->async_wait(asio::posix::stream_descriptor::wait_read, token);
    } else if (error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP) {
      self->tell(Peer(), errno_message("accept", "listening socket", error));
      co_return;
    }
    // Everything else is the failure of the one connection that was waiting (accept(2)).
  }
}

// True when a connection was taken off the queue, so that trying again makes sense.
bool Server::State::shed(int listener) {
  if (!reserve) {
    reserve = open_reserve();
    if (!reserve) return false;
  }
  reserve.reset();
  UniqueFd refused = accept_one(listener);
  const bool taken = static_cast<bool>(refused);
  Peer peer;
  try {
    if (taken) peer = peer_of(refused.get());
  } catch (const std::system_error&) {
    // The peer only decorates the message.
  }
  refused.reset();
  reserve = open_reserve();
  if (taken) tell(peer, "connection refused: no descriptor left");
  return taken;
}

bool Server::State::over_bounds(const Peer& peer) {
  try {
    within(connections.size() + 1, bounds.connections, "connections, the last of them one", peer.uid);
    const auto account = accounts.find(peer.uid);
    const std::size_t held = account == accounts.end() ? 0 : account->second.connections;
    within(held + 1, bounds_of(peer.uid).connections, "connections", peer.uid);
    return false;
  } catch (const ProtocolError& error) {
    tell(peer, std::string("connection refused: ") + error.what());
    return true;
  }
}

void Server::State::admit(UniqueFd socket) {
  Peer peer;
  try {
    peer = peer_of(socket.get());
    if (over_bounds(peer)) return;
    auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer);
    connections.emplace(connection.get(), connection);
    ++accounts[peer.uid].connections;
    connection->start();
  } catch (const std::exception& error) {
    tell(peer, std::string("connection refused: ") + error.what());
    return;
  }
  if (connections_observer) connections_observer(connections.size());
}

void Server::State::leave(Connection& connection) {
  if (connections.erase(&connection) == 0) return;
  const auto account = accounts.find(connection.peer().uid);
  --account->second.connections;
  if (account->second.connections == 0) accounts.erase(account);
  if (connections.empty()) emptied.cancel();
  if (connections_observer) connections_observer(connections.size());
}

void Server::State::charge_bytes(uid_t uid, std::size_t bytes) {
  within(accounts[uid].bytes + bytes, bounds.pending_bytes_per_user, "bytes of unanswered calls", uid);
  accounts[uid].bytes += bytes;
}

void Server::State::discharge_bytes(uid_t uid, std::size_t bytes) { accounts[uid].bytes -= bytes; }

void Server::State::charge_descriptors(uid_t uid, std::size_t count) {
  within(accounts[uid].descriptors + count, bounds_of(uid).descriptors, "descriptors", uid);
  accounts[uid].descriptors += count;
}

void Server::State::discharge_descriptors(uid_t uid, std::size_t count) { accounts[uid].descriptors -= count; }

void Server::State::tell(const Peer& peer, std::string what) const {
  if (!incident_observer) return;
  Incident incident;
  incident.peer = peer;
  incident.what = std::move(what);
  incident_observer(incident);
}

}  // namespace coppice::varlink
