#include "tests/crash/caller.h"

#include <chrono>
#include <system_error>
#include <thread>

namespace coppice::crash {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPause{10};

std::string full(std::string_view method) { return "io.coppice.Jobs." + std::string(method); }

}  // namespace

varlink::Client& Caller::client() {
  const auto deadline = Clock::now() + kPatience;
  while (!client_) {
    try {
      client_.emplace(varlink::Client::connect(varlink::parse_address(socket_)));
    } catch (const std::system_error& error) {
      if (Clock::now() > deadline) throw Abandoned(std::string("nobody to connect to: ") + error.what());
      std::this_thread::sleep_for(kPause);
    }
  }
  return *client_;
}

varlink::Reply Caller::next(varlink::Client& client) {
  auto reply = client.receive_within(kPatience);
  if (!reply) throw Abandoned("no answer");
  return std::move(*reply);
}

void Caller::lose() {
  ++losses_;
  client_.reset();
}

json Caller::call(std::string_view method, const json& parameters) {
  for (const auto deadline = Clock::now() + kPatience;;) {
    try {
      varlink::Client& connection = client();
      connection.send(full(method), parameters);
      const varlink::Reply reply = next(connection);
      reply.throw_if_failed();
      return reply.parameters();
    } catch (const varlink::Disconnected& error) {
      lose();
      if (Clock::now() > deadline) throw Abandoned(std::string(method) + " again and again: " + error.what());
    } catch (const Abandoned& error) {
      client_.reset();
      throw Abandoned(std::string(method) + " " + parameters.dump() + ": " + error.what());
    }
  }
}

void Caller::stream(std::string_view method, const std::function<json()>& parameters,
                    const std::function<bool(const json&)>& take) {
  for (;;) {
    try {
      varlink::Client& connection = client();
      connection.send(full(method), parameters(), varlink::Mode::more);
      for (;;) {
        const varlink::Reply reply = next(connection);
        reply.throw_if_failed();
        const bool enough = !take(reply.parameters());
        if (!reply.continues()) return;
        if (enough) return client_.reset();
      }
    } catch (const varlink::Disconnected&) {
      lose();
    } catch (const Abandoned& error) {
      client_.reset();
      throw Abandoned(std::string(method) + ": " + error.what());
    }
  }
}

}  // namespace coppice::crash
