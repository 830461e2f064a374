#include "ipc/varlink/client.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/errno_text.h"
#include "ipc/varlink/framing.h"
#include "ipc/varlink/message.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxReply = std::size_t{16} << 20;

// False when `deadline` passed. Readiness includes an end or an error, which the next read or write tells.
bool wait_for(int socket, short events, const std::optional<Clock::time_point>& deadline) {
  for (;;) {
    int timeout = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      timeout = static_cast<int>(std::clamp<long long>(left, 0, 1 << 30));
    }
    pollfd state = {};
    state.fd = socket;
    state.events = events;
    const int ready = ::poll(&state, 1, timeout);
    if (ready > 0) return true;
    if (ready == 0 && timeout < (1 << 30)) return false;
    if (ready < 0 && errno != EINTR) throw errno_error("poll", "varlink connection", errno);
  }
}

}  // namespace

Reply::Reply(json parameters, bool continues, std::string error, std::vector<UniqueFd> descriptors)
    : parameters_(std::make_unique<json>(std::move(parameters))),
      continues_(continues),
      error_(std::move(error)),
      descriptors_(std::move(descriptors)) {}
Reply::Reply(Reply&&) noexcept = default;
Reply& Reply::operator=(Reply&&) noexcept = default;
Reply::~Reply() = default;

void Reply::throw_if_failed() const {
  if (failed()) throw MethodError(error_, *parameters_);
}

UniqueFd Reply::take_descriptor(std::size_t index) {
  if (index >= descriptors_.size() || !descriptors_[index])
    throw Disconnected("the reply came without descriptor " + std::to_string(index));
  return std::move(descriptors_[index]);
}

struct Client::State {
  explicit State(UniqueFd owned) : socket(std::move(owned)), reader(kMaxReply, kMaxDescriptors) {}

  std::optional<Reply> receive(const std::optional<Clock::time_point>& deadline);
  Reply decode();

  UniqueFd socket;
  MessageReader reader;
  std::deque<Mode> unanswered;
};

std::optional<Reply> Client::State::receive(const std::optional<Clock::time_point>& deadline) {
  try {
    for (;;) {
      const auto status = reader.read(socket.get());
      if (status == MessageReader::Status::message) return decode();
      if (status == MessageReader::Status::end) throw Disconnected("the other end closed the connection");
      if (!wait_for(socket.get(), POLLIN, deadline)) return std::nullopt;
    }
  } catch (const CutShort& error) {
    throw Disconnected(error.what());
  } catch (const ProtocolError& error) {
    throw Unintelligible(std::string("the other end breaks the protocol: ") + error.what());
  } catch (const std::system_error& error) {
    throw Disconnected(error.what());
  }
}

Reply Client::State::decode() {
  Response response = decode_reply(reader.text());
  std::vector<UniqueFd> descriptors = std::move(reader.descriptors());
  reader.next();
  if (unanswered.empty()) throw ProtocolError("a reply to no call");
  if (response.continues && unanswered.front() != Mode::more)
    throw ProtocolError("further replies to a call for one");
  if (!response.continues) unanswered.pop_front();
  return Reply(std::move(response.parameters), response.continues, std::move(response.error),
               std::move(descriptors));
}

Client Client::connect(const Address& address) { return Client(connect_unix(address)); }

Client::Client(UniqueFd socket) : state_(std::make_unique<State>(std::move(socket))) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

void Client::send(std::string_view method, const json& parameters, Mode mode,
                  const std::vector<int>& descriptors) {
  MessageWriter writer(
      encode_call(method, parameters, mode == Mode::more, mode == Mode::oneway, mode == Mode::upgrade),
      descriptors);
  try {
    while (!writer.write(state_->socket.get())) wait_for(state_->socket.get(), POLLOUT, std::nullopt);
  } catch (const std::system_error& error) {
    throw Disconnected(error.what());
  }
  if (mode != Mode::oneway) state_->unanswered.push_back(mode);
}

Reply Client::receive() { return std::move(*state_->receive(std::nullopt)); }

std::optional<Reply> Client::receive_within(std::chrono::milliseconds timeout) {
  return state_->receive(Clock::now() + timeout);
}

json Client::call(std::string_view method, const json& parameters) {
  send(method, parameters);
  const Reply reply = receive();
  reply.throw_if_failed();
  return reply.parameters();
}

int Client::descriptor() const { return state_->socket.get(); }

UniqueFd Client::release() { return std::move(state_->socket); }

}  // namespace coppice::varlink
