#include "tests/support/jobs.h"

#include <chrono>
#include <stdexcept>

#include "tests/support/observe.h"

namespace coppice::support {
namespace {

constexpr std::string_view kInterface = "io.coppice.Jobs.";

int digit_of(char letter) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto place = kDigits.find(letter);
  if (place == std::string_view::npos) throw std::runtime_error("no base64");
  return static_cast<int>(place);
}

std::string full(std::string_view method) { return std::string(kInterface) + std::string(method); }

varlink::Reply exchange(varlink::Client& client, std::string_view method, const json& parameters,
                        const std::vector<int>& descriptors) {
  client.send(full(method), parameters, varlink::Mode::plain, descriptors);
  return next_reply(client);
}

}  // namespace

json spec(const std::vector<std::string>& argv) {
  json command = {{"argv", argv}};
  json commands = json::array();
  commands.push_back(std::move(command));
  return {{"commands", std::move(commands)}};
}

json shell(const std::string& line) { return spec({"/bin/sh", "-c", line}); }

json call(varlink::Client& client, std::string_view method, const json& parameters,
          const std::vector<int>& descriptors) {
  const varlink::Reply reply = exchange(client, method, parameters, descriptors);
  if (reply.failed())
    throw std::runtime_error(std::string(method) + ": " + reply.error() + reply.parameters().dump());
  return reply.parameters();
}

varlink::Reply next_reply(varlink::Client& client) {
  auto reply = client.receive_within(kDeadline);
  if (!reply) throw std::runtime_error("no reply within the deadline");
  return std::move(*reply);
}

Failure failure(varlink::Client& client, std::string_view method, const json& parameters,
                const std::vector<int>& descriptors) {
  const varlink::Reply reply = exchange(client, method, parameters, descriptors);
  std::string name = reply.error();
  if (name.starts_with(kInterface)) name.erase(0, kInterface.size());
  return {std::move(name), reply.parameters()};
}

json start(varlink::Client& client, const json& spec, const std::vector<int>& descriptors) {
  return call(client, "Start", {{"spec", spec}}, descriptors).at("job");
}

json ref(const json& job) { return {{"id", job.at("id")}}; }

json wait(varlink::Client& client, const json& job) {
  return call(client, "Wait", {{"job", ref(job)}, {"unchecked", true}}).at("result");
}

json kill(varlink::Client& client, const json& job) { return call(client, "Kill", {{"job", ref(job)}}); }

std::string log_of(varlink::Client& client, const json& job, const std::string& stream) {
  client.send(full("ReadLog"), {{"job", ref(job)}, {"stream", stream}}, varlink::Mode::more);
  std::string text;
  for (;;) {
    const varlink::Reply reply = next_reply(client);
    reply.throw_if_failed();
    text += decode_base64(reply.parameters().at("data").get<std::string>());
    if (!reply.continues()) return text;
  }
}

std::string state_of(varlink::Client& client, const json& job) {
  return call(client, "List", {{"job", ref(job)}}).at("job").at("state");
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int held = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digit_of(letter));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

}  // namespace coppice::support
