#include "cli/persistent_client.h"

#include <poll.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/reconnect.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

// With no call under way nothing comes from the daemon but its end.
bool broken(const varlink::Client& client) {
  pollfd polled = {client.descriptor(), POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

}  // namespace

PersistentClient::PersistentClient(Target target) : target_(std::move(target)), client_(connect(target_)) {}

PersistentClient::PersistentClient(Target target, varlink::Client connected)
    : target_(std::move(target)), client_(std::move(connected)) {}

void PersistentClient::reconnect() { client_ = std::move(*await_return(target_)); }

void PersistentClient::refresh() {
  if (broken(client_)) reconnect();
}

void PersistentClient::persist(const std::function<void()>& exchange) {
  for (repeated_ = false;; repeated_ = true) {
    try {
      return exchange();
    } catch (const varlink::Unintelligible&) {
      throw;
    } catch (const varlink::Disconnected&) {
      reconnect();
    }
  }
}

json PersistentClient::call(std::string_view method, const json& parameters, const std::vector<int>& descriptors) {
  json answer;
  persist([&] {
    client_.send(method, parameters, varlink::Mode::plain, descriptors);
    const varlink::Reply reply = client_.receive();
    reply.throw_if_failed();
    answer = reply.parameters();
  });
  return answer;
}

json PersistentClient::call_anew(std::string_view method, const Parameters& parameters) {
  json answer;
  persist([&] { answer = client_.call(method, parameters()); });
  return answer;
}

void PersistentClient::stream(std::string_view method, const Parameters& parameters, const Each& each) {
  persist([&] {
    client_.send(method, parameters(), varlink::Mode::more);
    for (bool more = true; more;) {
      const varlink::Reply reply = client_.receive();
      reply.throw_if_failed();
      more = reply.continues();
      each(reply.parameters());
    }
  });
}

json PersistentClient::call_once(std::string_view method, const json& parameters) {
  repeated_ = false;
  return client_.call(method, parameters);
}

}  // namespace coppice::cli
