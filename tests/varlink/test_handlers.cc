#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

asio::awaitable<void> count(Call& call) {
  const auto to = call.parameters().at("to").get<int>();
  const auto size = call.parameters().value("size", 0);
  for (int i = 0; i < to; ++i) {
    json piece = {{"number", i}, {"padding", std::string(static_cast<std::size_t>(size), 'x')}};
    co_await call.reply_more(std::move(piece));
  }
  json last = json::object();
  co_await call.reply(std::move(last));
}

asio::awaitable<void> hang(Call& call, Events& events) {
  asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  events.add("hanging");
  try {
    co_await never.async_wait(asio::use_awaitable);
  } catch (const asio::system_error& error) {
    if (error.code() == asio::error::operation_aborted) events.add("cancelled");
    throw;
  }
  json nothing = json::object();
  co_await call.reply(std::move(nothing));
}

asio::awaitable<void> hold(Call& call, asio::steady_timer& release, Events& events) {
  const std::string name = call.parameters().at("name");
  events.add("holding " + name);
  asio::error_code ignored;  // cancelling is how the timer tells
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  co_await release.async_wait(token);
  events.add("released " + name);
  json answer = {{"name", name}};
  co_await call.reply(std::move(answer));
}

asio::awaitable<void> write_to(Call& call) {
  UniqueFd fd = call.take_descriptor(call.parameters().at("fd").get<std::int64_t>(), "fd");
  const auto& text = call.parameters().at("text").get_ref<const std::string&>();
  if (::write(fd.get(), text.data(), text.size()) < 0) throw std::runtime_error("write");
  json nothing = json::object();
  co_await call.reply(std::move(nothing));
}

asio::awaitable<void> pipes(Call& call) {
  std::vector<UniqueFd> descriptors;
  for (int i = 0; i < call.parameters().at("count").get<int>(); ++i) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const std::string text = std::to_string(i);
    if (::write(writing.get(), text.data(), text.size()) < 0) throw std::runtime_error("write");
    descriptors.push_back(std::move(reading));
  }
  json nothing = json::object();
  co_await call.reply(std::move(nothing), std::move(descriptors));
}

// By hand, for Asio's own reading takes a short read for an empty socket, and waits; behind a message with
// descriptors, or urgent data, a read is short with more to come.
asio::awaitable<void> upgrade(Call& call) {
  json nothing = json::object();
  co_await call.reply(std::move(nothing));
  UniqueFd raw = call.take_connection();
  asio::posix::stream_descriptor stream(co_await asio::this_coro::executor, raw.release());
  for (;;) {
    char bytes[64];
    const ssize_t got = ::recv(stream.native_handle(), bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) {
      co_await stream.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      continue;
    }
    if (got <= 0) co_return;
    // What a slow reader does not take is lost: this is a test.
    static_cast<void>(::send(stream.native_handle(), bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL));
  }
}

asio::awaitable<void> fail(Call& call) {
  const std::string how = call.parameters().at("how");
  json reason = {{"reason", "as asked"}};
  if (how == "declared") throw MethodError("org.example.test.Refused", std::move(reason));
  if (how == "twice") {
    json nothing = json::object();
    json again = json::object();
    co_await call.reply(std::move(nothing));
    co_await call.reply(std::move(again));
  }
  if (how == "silent") co_return;
  if (how == "long") {
    json text = {{"padding", std::string(std::size_t{17} << 20, 'x')}};
    co_await call.reply(std::move(text));
  }
  throw std::runtime_error("as asked");
}

// A handler that only answers.
asio::awaitable<void> answer_empty(Call& call) {
  json nothing = json::object();
  return call.reply(std::move(nothing));
}

}  // namespace

void TestServer::add_handlers() {
  const std::string prefix = "org.example.test.";
  service.handle(prefix + "Echo", [this](Call& call) {
    events.add("echo " + call.parameters().at("text").get<std::string>());
    json answer = {{"text", call.parameters().at("text")}};
    return call.reply(std::move(answer));
  });
  service.handle(prefix + "Count", count);
  service.handle(prefix + "Hang", [this](Call& call) { return hang(call, events); });
  service.handle(prefix + "Hold", [this](Call& call) { return hold(call, release_, events); });
  service.handle(prefix + "Release", [this](Call& call) {
    release_.cancel();
    return answer_empty(call);
  });
  service.handle(prefix + "Write", write_to);
  service.handle(prefix + "Pipes", pipes);
  service.handle(prefix + "Upgrade", upgrade);
  service.handle(prefix + "Fail", fail);
  service.handle(prefix + "Shapes", answer_empty);
  service.handle(prefix + "Follow", [this](Call& call) {
    const std::string name = call.parameters().at("name");
    call.at_close([this, name] { events.add("closed " + name); });
    return answer_empty(call);
  });
}

}  // namespace coppice::varlink
