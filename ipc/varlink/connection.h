// One peer: reads a call, awaits its handler, reads the next. Owned by its own coroutine.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipc/varlink/framing.h"
#include "ipc/varlink/message.h"
#include "ipc/varlink/server_state.h"

namespace coppice::varlink {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Throws std::system_error when the socket cannot be watched.
  Connection(std::shared_ptr<Server::State> state, UniqueFd socket, const Peer& peer);
  ~Connection();

  void start();
  void drain();
  void close();
  // The same, but the call that waits is answered with `farewell` before.
  void close(const MethodError& farewell);
  const Peer& peer() const { return peer_; }
  UniqueFd peer_process();

  // For Call.
  //
  // Returns when the kernel has all of `text`. Throws std::length_error; operation_aborted when the peer is
  // gone; std::system_error when the kernel refuses the descriptors, and then nothing was sent.
  asio::awaitable<void> send(std::string text, std::vector<UniqueFd> descriptors);
  void at_close(std::function<void()> action) { closing_actions_.push_back(std::move(action)); }
  UniqueFd release();
  void took_descriptor() { settle(charged_bytes_, charged_descriptors_ - 1); }
  // Nothing can be sent any more.
  bool over() const { return over_; }

 private:
  static asio::awaitable<void> run(std::shared_ptr<Connection> self);
  asio::awaitable<bool> read_call(Request& request);
  asio::awaitable<void> perform(Request& request);
  asio::awaitable<void> handle(Call& call, const Request& request);
  asio::awaitable<void> answer_failure(Call& call, std::exception_ptr failure);
  // Waits until the socket is ready; throws operation_aborted.
  asio::awaitable<void> wait(asio::posix::descriptor_base::wait_type what);
  asio::awaitable<void> yield();

  void watch();
  void notice();
  void cancel_handler();
  void finish(std::exception_ptr failure);
  void settle(std::size_t bytes, std::size_t descriptors);
  void tell(const std::exception_ptr& failure) const;

  std::shared_ptr<Server::State> state_;
  asio::posix::stream_descriptor socket_;
  Peer peer_;
  MessageReader reader_;
  asio::cancellation_signal signal_;
  std::vector<std::function<void()>> closing_actions_;
  std::optional<MethodError> farewell_;
  const Request* current_ = nullptr;  // what a handler runs for
  std::uint64_t turn_ = 0;            // tells one call from the next
  std::size_t charged_bytes_ = 0;
  std::size_t charged_descriptors_ = 0;
  std::size_t sent_in_a_row_ = 0;
  bool reading_ = false;
  bool sending_ = false;
  bool peer_gone_ = false;
  bool draining_ = false;
  bool closing_ = false;
  bool over_ = false;
};

}  // namespace coppice::varlink
