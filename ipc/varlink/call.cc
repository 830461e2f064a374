#include "ipc/varlink/call.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "ipc/varlink/connection.h"
#include "ipc/varlink/message.h"

namespace coppice::varlink {

using nlohmann::json;

SharedReply::SharedReply(std::string_view parameters)
    : text_(std::make_shared<const std::string>(encode_reply(parameters, true, ""))) {}

Call::Call(Connection& connection, Request& request) : connection_(connection), request_(request) {}

const json& Call::parameters() const { return request_.parameters; }
const std::string& Call::method() const { return request_.method; }
UniqueFd Call::peer_process() const { return connection_.peer_process(); }

const Peer& Call::peer() const { return connection_.peer(); }
bool Call::more() const { return request_.more; }
bool Call::oneway() const { return request_.oneway; }
bool Call::upgrade() const { return request_.upgrade; }
bool Call::answered() const { return answered_; }
std::size_t Call::descriptors() const { return request_.descriptors.size(); }

UniqueFd Call::take_descriptor(std::int64_t index, std::string_view field) {
  if (index < 0 || static_cast<std::uint64_t>(index) >= request_.descriptors.size() ||
      !request_.descriptors[static_cast<std::size_t>(index)])
    throw invalid_parameter(field);
  connection_.took_descriptor();
  return std::move(request_.descriptors[static_cast<std::size_t>(index)]);
}

asio::awaitable<void> Call::reply(json parameters) {
  return send(encode_parameters(parameters), false, std::string(), std::vector<UniqueFd>());
}

asio::awaitable<void> Call::reply(json parameters, std::vector<UniqueFd> descriptors) {
  return send(encode_parameters(parameters), false, std::string(), std::move(descriptors));
}

asio::awaitable<void> Call::reply_text(std::string parameters) {
  return send(std::move(parameters), false, std::string(), std::vector<UniqueFd>());
}

asio::awaitable<void> Call::reply_more_text(std::string parameters) {
  return send(std::move(parameters), true, std::string(), std::vector<UniqueFd>());
}

asio::awaitable<void> Call::reply_more(json parameters) {
  return send(encode_parameters(parameters), true, std::string(), std::vector<UniqueFd>());
}

asio::awaitable<void> Call::reply_more(json parameters, std::vector<UniqueFd> descriptors) {
  return send(encode_parameters(parameters), true, std::string(), std::move(descriptors));
}

asio::awaitable<void> Call::error(MethodError error) {
  return send(encode_parameters(error.parameters()), false, error.name(), std::vector<UniqueFd>());
}

asio::awaitable<void> Call::reply_more(SharedReply reply) {
  begin_answer(true);
  if (request_.oneway) co_return;
  std::string text = reply.text();
  std::vector<UniqueFd> none;
  asio::awaitable<void> sending = connection_.send(std::move(text), std::move(none));
  co_await std::move(sending);
}

void Call::begin_answer(bool continues) {
  if (answered_) throw std::logic_error("a second answer to " + request_.method);
  if (continues && !request_.more) throw expected_more();
  answered_ = !continues;
}

asio::awaitable<void> Call::send(std::string parameters, bool continues, std::string error,
                                 std::vector<UniqueFd> descriptors) {
  begin_answer(continues);
  if (request_.oneway) co_return;
  try {
    std::string text = encode_reply(parameters, continues, error);
    parameters = std::string();
    asio::awaitable<void> sending = connection_.send(std::move(text), std::move(descriptors));
    co_await std::move(sending);
  } catch (...) {
    // Nothing of it has left, so another answer may still be given.
    if (!connection_.over()) answered_ = false;
    throw;
  }
}

void Call::at_close(std::function<void()> action) { connection_.at_close(std::move(action)); }

void Call::keep_while_open(std::shared_ptr<void> object) {
  connection_.at_close([object = std::move(object)] { static_cast<void>(object); });
}

UniqueFd Call::take_connection() {
  if (!request_.upgrade || !answered_) throw std::logic_error("take_connection before the reply to an upgrade");
  return connection_.release();
}

}  // namespace coppice::varlink
