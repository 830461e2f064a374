// What a call is answered with.
#include "ipc/varlink/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;
using namespace std::string_literals;

const std::string kTest = "org.example.test.";
const std::string kService = "org.varlink.service.";

// The error that a call is answered with, as "name {parameters}"; "" when it is none.
std::string error_of(Client& client, const std::string& method, const json& parameters, Mode mode = Mode::plain) {
  client.send(method, parameters, mode);
  const Reply reply = client.receive();
  return reply.failed() ? reply.error() + " " + reply.parameters().dump() : "";
}

TEST(Server, it_says_what_it_is) {
  TestServer server;
  Client client = server.connect();
  const json info = client.call(kService + "GetInfo", json::object());
  EXPECT_EQ(info, (json{{"vendor", "Example"},
                        {"product", "test"},
                        {"version", "1"},
                        {"url", "https://example.org"},
                        {"interfaces", {"org.varlink.service", "org.example.test"}}}));
}

TEST(Server, it_serves_the_interface_as_it_is) {
  TestServer server;
  Client client = server.connect();
  const json description = client.call(kService + "GetInterfaceDescription", {{"interface", "org.example.test"}});
  EXPECT_EQ(description.at("description"), read_test_file("org.example.test.varlink"));
  const json own = client.call(kService + "GetInterfaceDescription", {{"interface", "org.varlink.service"}});
  EXPECT_NO_THROW(parse_interface(own.at("description").get<std::string>(), Dialect::portable));
}

TEST(Server, every_wrong_call_gets_its_error) {
  TestServer server;
  Client client = server.connect();
  EXPECT_EQ(error_of(client, "org.nowhere.Do", json::object()),
            kService + R"(InterfaceNotFound {"interface":"org.nowhere"})");
  EXPECT_EQ(error_of(client, kTest + "Do", json::object()),
            kService + R"(MethodNotFound {"method":"org.example.test.Do"})");
  EXPECT_EQ(error_of(client, "Do", json::object()), kService + R"(MethodNotFound {"method":"Do"})");
  EXPECT_EQ(error_of(client, kTest + "Later", json::object()),
            kService + R"(MethodNotImplemented {"method":"org.example.test.Later"})");
  EXPECT_EQ(error_of(client, kTest + "Echo", json::object()), kService + R"(InvalidParameter {"parameter":"text"})");
  EXPECT_EQ(error_of(client, kTest + "Count", {{"to", 1}}), kService + "ExpectedMore {}");
  EXPECT_EQ(error_of(client, kService + "GetInterfaceDescription", {{"interface", "org.nowhere"}}),
            kService + R"(InterfaceNotFound {"interface":"org.nowhere"})");
  EXPECT_EQ(error_of(client, kTest + "Fail", {{"how", "declared"}}), R"(org.example.test.Refused {"reason":"as asked"})");
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "still here"}}).at("text"), "still here");
}

TEST(Server, the_bytes_of_a_reply_are_exact) {
  TestServer server;
  const UniqueFd socket = server.connect_raw();
  send_message(socket.get(), R"({"method":"org.example.test.Release","parameters":null,"more":false})");
  EXPECT_EQ(read_messages(socket.get(), 1), "{\"parameters\":{}}\0"s);
}

TEST(Server, pipelined_calls_are_answered_in_order) {
  TestServer server;
  Client client = server.connect();
  for (int i = 0; i < 100; ++i) client.send(kTest + "Echo", {{"text", std::to_string(i)}});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.receive().parameters().at("text"), std::to_string(i));
}

TEST(Server, an_oneway_call_is_never_answered) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Echo", {{"text", "oneway"}}, Mode::oneway);
  client.send(kTest + "Echo", json::object(), Mode::oneway);
  client.send("org.nowhere.Do", json::object(), Mode::oneway);
  client.send(kTest + "Fail", {{"how", "declared"}}, Mode::oneway);
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "plain"}}).at("text"), "plain");
  EXPECT_EQ(server.events.count("echo oneway"), 1u);
}

TEST(Server, more_gets_every_reply_and_continues_on_all_but_the_last) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Count", {{"to", 3}}, Mode::more);
  for (int i = 0; i < 3; ++i) {
    const Reply reply = client.receive();
    EXPECT_TRUE(reply.continues());
    EXPECT_EQ(reply.parameters().at("number"), i);
  }
  EXPECT_FALSE(client.receive().continues());
}

TEST(Server, more_on_a_method_of_one_reply_gets_one_reply) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Echo", {{"text", "a"}}, Mode::more);
  EXPECT_FALSE(client.receive().continues());
}

TEST(Server, what_is_no_call_closes_the_connection_and_no_other) {
  TestServer server;
  Client other = server.connect();
  for (const char* text : {"", "[]", "{", R"({"method":"org.example.test.Release","extra":1})",
                           R"({"method":"org.example.test.Release","more":true,"oneway":true})", "{\"method\":\"\xFF\"}"}) {
    const UniqueFd socket = server.connect_raw();
    ASSERT_TRUE(send_message(socket.get(), text));
    EXPECT_TRUE(ends_silently(socket.get())) << text;
  }
  EXPECT_EQ(other.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
  EXPECT_TRUE(server.events.wait_for("incident connection ended: unknown key \"extra\""));
}

TEST(Server, a_call_that_comes_byte_by_byte_is_a_call) {
  TestServer server;
  const UniqueFd socket = server.connect_raw();
  const std::string call = R"({"method":"org.example.test.Release"})"s + '\0';
  for (const char byte : call) send_text(socket.get(), std::string_view(&byte, 1));
  EXPECT_EQ(read_messages(socket.get(), 1), "{\"parameters\":{}}\0"s);
}

TEST(Server, an_upgraded_connection_is_raw_from_the_first_byte) {
  TestServer server;
  const UniqueFd socket = server.connect_raw();
  // Raw bytes before the reply are against the rules, but none of them may be lost.
  send_text(socket.get(), R"({"method":"org.example.test.Upgrade","upgrade":true})"s + '\0' + "early\0"s);
  EXPECT_EQ(read_messages(socket.get(), 2), "{\"parameters\":{}}\0early\0"s);
  send_text(socket.get(), "more\0"s);
  EXPECT_EQ(read_messages(socket.get(), 1), "more\0"s);
}

TEST(Server, D5_a_failure_without_a_translator_closes_that_connection_only) {
  TestServer server;
  Client other = server.connect();
  for (const char* how : {"throw", "silent", "twice"}) {
    Client client = server.connect();
    client.send(kTest + "Fail", {{"how", how}});
    if (how == "twice"s) client.receive();
    EXPECT_THROW(client.receive(), Disconnected) << how;
  }
  EXPECT_EQ(other.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
  EXPECT_TRUE(server.events.wait_for("incident connection ended: a second answer"));
}

TEST(Server, D5_a_failure_is_translated_and_the_connection_goes_on) {
  TestServer server;
  server.on_loop([&] {
    server.service.translate([](std::exception_ptr failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::length_error&) {
        return MethodError("org.example.test.TooLong");
      } catch (const std::exception& error) {
        return MethodError("org.example.test.Refused", {{"reason", error.what()}});
      }
    });
  });
  Client client = server.connect();
  EXPECT_EQ(error_of(client, kTest + "Fail", {{"how", "throw"}}), R"(org.example.test.Refused {"reason":"as asked"})");
  EXPECT_EQ(error_of(client, kTest + "Fail", {{"how", "long"}}), "org.example.test.TooLong {}");
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
}

TEST(Server, A1_the_peer_is_who_the_kernel_says) {
  TestServer server;
  Peer seen;
  server.on_loop([&] {
    server.service.handle(kTest + "Release", [&seen](Call& call) {
      seen = call.peer();
      json nothing = json::object();
      return call.reply(std::move(nothing));
    });
  });
  Client client = server.connect();
  client.call(kTest + "Release", json::object());
  server.on_loop([&] {
    EXPECT_EQ(seen.pid, ::getpid());
    EXPECT_EQ(seen.uid, ::geteuid());
    EXPECT_EQ(seen.gid, ::getegid());
  });
}

TEST(Service, handlers_need_a_declared_method) {
  Service service("a", "b", "c", "d");
  EXPECT_THROW(service.handle("org.example.test.Echo", Handler()), std::invalid_argument);
  service.add_interface(read_test_file("org.example.test.varlink"));
  EXPECT_THROW(service.add_interface(read_test_file("org.example.test.varlink")), std::invalid_argument);
}

}  // namespace
}  // namespace coppice::varlink
