#include "ipc/varlink/server.h"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "ipc/varlink/connection.h"
#include "ipc/varlink/server_state.h"

namespace coppice::varlink {
namespace {

// A copy: what is done to a connection may change the table.
std::vector<std::shared_ptr<Connection>> all(const Server::State& state) {
  std::vector<std::shared_ptr<Connection>> list;
  for (const auto& [key, connection] : state.connections)
    if (auto alive = connection.lock()) list.push_back(std::move(alive));
  return list;
}

asio::awaitable<void> wait_until_empty(std::shared_ptr<Server::State> state) {
  while (!state->connections.empty()) {
    asio::error_code ignored;  // cancelling is how the timer tells
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await state->emptied.async_wait(token);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw asio::system_error(asio::error::operation_aborted);
  }
}

}  // namespace

Server::Server(asio::io_context& context, const Service& service) : Server(context, service, Bounds()) {}

Server::Server(asio::io_context& context, const Service& service, Bounds bounds)
    : state_(std::make_shared<State>(context, service, bounds)) {}

Server::~Server() {
  state_->connections_observer = nullptr;
  state_->incident_observer = nullptr;
  close_listeners();
  close_connections();
}

void Server::serve(UniqueFd connected_socket) { state_->admit(std::move(connected_socket)); }

void Server::bound_users(std::function<UserBounds(uid_t)> bounds_of) { state_->user_bounds = std::move(bounds_of); }

void Server::close_listeners() {
  for (const auto& listener : state_->listeners)
    if (const auto alive = listener.lock()) alive->close();
  state_->listeners.clear();
}

void Server::drain() {
  for (const auto& connection : all(*state_)) connection->drain();
}

void Server::close_connections() {
  for (const auto& connection : all(*state_)) connection->close();
}

void Server::close_connections(const MethodError& farewell) {
  for (const auto& connection : all(*state_)) connection->close(farewell);
}

asio::awaitable<void> Server::all_closed() { return wait_until_empty(state_); }

std::size_t Server::connections() const { return state_->connections.size(); }

void Server::on_connections(std::function<void(std::size_t)> observer) {
  state_->connections_observer = std::move(observer);
}

void Server::on_incident(std::function<void(const Incident&)> observer) {
  state_->incident_observer = std::move(observer);
}

}  // namespace coppice::varlink
