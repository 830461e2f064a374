// What a peer's leaving, a slow peer and the server's own end do.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <asio/co_spawn.hpp>
#include <atomic>
#include <nlohmann/json.hpp>

#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;
using namespace std::string_literals;

const std::string kTest = "org.example.test.";

TEST(Lifetime, the_peer_s_leaving_cancels_the_handler_that_waits) {
  TestServer server;
  {
    Client client = server.connect();
    client.send(kTest + "Hang", json::object());
    ASSERT_TRUE(server.events.wait_for("hanging"));
    EXPECT_EQ(server.events.count("cancelled"), 0u);
  }
  EXPECT_TRUE(server.events.wait_for("cancelled"));
  EXPECT_TRUE(server.events.wait_for("connections 0"));
}

TEST(Lifetime, it_does_so_too_while_further_calls_lie_unread) {
  TestServer server;
  {
    Client client = server.connect();
    client.send(kTest + "Hang", json::object(), Mode::more);
    ASSERT_TRUE(server.events.wait_for("hanging"));
    for (int i = 0; i < 10; ++i) client.send(kTest + "Hang", json::object());
  }
  EXPECT_TRUE(server.events.wait_for("connections 0"));
  EXPECT_EQ(server.events.count("cancelled"), 11u);
}

TEST(Lifetime, a_half_closed_peer_still_gets_all_its_answers) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Hold", {{"name", "a"}});
  client.send(kTest + "Echo", {{"text", "b"}});
  ASSERT_EQ(::shutdown(client.descriptor(), SHUT_WR), 0);
  ASSERT_TRUE(server.events.wait_for("holding a"));
  server.connect().call(kTest + "Release", json::object());
  EXPECT_EQ(client.receive().parameters().at("name"), "a");
  EXPECT_EQ(client.receive().parameters().at("text"), "b");
  EXPECT_THROW(client.receive(), Disconnected);
}

TEST(Lifetime, an_oneway_call_outlives_its_caller) {
  TestServer server;
  {
    Client client = server.connect();
    client.send(kTest + "Hold", {{"name", "a"}}, Mode::oneway);
    client.send(kTest + "Echo", {{"text", "b"}}, Mode::oneway);
  }
  ASSERT_TRUE(server.events.wait_for("holding a"));
  EXPECT_EQ(server.events.count("released a"), 0u);
  server.connect().call(kTest + "Release", json::object());
  EXPECT_TRUE(server.events.wait_for("echo b"));
}

TEST(Lifetime, an_oneway_call_is_carried_out_behind_calls_that_nobody_hears_the_answer_of) {
  TestServer server;
  {
    Client client = server.connect();
    client.send(kTest + "Hang", json::object());
    ASSERT_TRUE(server.events.wait_for("hanging"));
    client.send(kTest + "Echo", {{"text", "unheard"}});
    client.send(kTest + "Fail", {{"how", "declared"}});
    client.send(kTest + "Count", {{"to", 100}, {"size", 65536}}, Mode::more);
    client.send(kTest + "Echo", {{"text", "oneway"}}, Mode::oneway);
  }
  EXPECT_TRUE(server.events.wait_for("echo oneway"));
}

TEST(Lifetime, what_is_bound_to_a_connection_ends_with_it) {
  TestServer server;
  {
    Client closed = server.connect();
    closed.call(kTest + "Follow", {{"name", "closed"}});
    EXPECT_EQ(server.events.count("closed"), 0u);
  }
  EXPECT_TRUE(server.events.wait_for("closed closed"));
  Client half = server.connect();
  half.call(kTest + "Follow", {{"name", "half"}});
  ASSERT_EQ(::shutdown(half.descriptor(), SHUT_WR), 0);
  EXPECT_TRUE(server.events.wait_for("closed half"));
  const UniqueFd rude = server.connect_raw();
  send_message(rude.get(), R"({"method":"org.example.test.Follow","parameters":{"name":"rude"}})");
  send_message(rude.get(), "nonsense");
  EXPECT_TRUE(server.events.wait_for("closed rude"));
}

TEST(Lifetime, O6_a_slow_reader_holds_back_itself_and_nobody_else) {
  TestServer server;
  Client slow = server.connect();
  slow.send(kTest + "Count", {{"to", 1000}, {"size", 65536}}, Mode::more);
  Client other = server.connect();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(other.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
  std::size_t replies = 0;
  while (slow.receive().continues()) ++replies;
  EXPECT_EQ(replies, 1000u);
}

TEST(Lifetime, a_slow_reader_that_leaves_ends_the_handler) {
  TestServer server;
  {
    Client slow = server.connect();
    slow.send(kTest + "Count", {{"to", 1000}, {"size", 65536}}, Mode::more);
    slow.receive();
  }
  EXPECT_TRUE(server.events.wait_for("connections 0"));
}

TEST(Lifetime, A3_a_peer_that_never_stops_calling_does_not_starve_others) {
  TestServer server;
  Client greedy = server.connect();
  greedy.send(kTest + "Count", {{"to", 1'000'000'000}}, Mode::more);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) greedy.receive();
  });
  Client other = server.connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(other.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
  stop = true;
  reader.join();
}

TEST(Lifetime, A3_urgent_data_ends_the_connection_instead_of_spinning) {
  TestServer server;
  const UniqueFd socket = server.connect_raw();
  if (::send(socket.get(), "x", 1, MSG_OOB | MSG_NOSIGNAL) != 1) GTEST_SKIP() << "no MSG_OOB on Unix sockets here";
  EXPECT_TRUE(server.events.wait_for("incident connection ended: urgent data"));
}

TEST(Lifetime, draining_lets_calls_finish_and_closes_the_rest) {
  TestServer server;
  Client idle = server.connect();
  idle.call(kTest + "Echo", {{"text", "a"}});
  Client busy = server.connect();
  busy.send(kTest + "Hold", {{"name", "a"}});
  ASSERT_TRUE(server.events.wait_for("holding a"));
  Client releaser = server.connect();
  // It must be held back by a call of its own, or draining would close it.
  releaser.send(kTest + "Hold", {{"name", "b"}});
  ASSERT_TRUE(server.events.wait_for("holding b"));
  server.on_loop([&] {
    server.server().close_listeners();
    server.server().drain();
  });
  EXPECT_THROW(idle.receive(), Disconnected);
  EXPECT_THROW(server.connect(), std::system_error);
  server.on_loop([&] { server.release(); });
  EXPECT_EQ(busy.receive().parameters().at("name"), "a");
  EXPECT_THROW(busy.receive(), Disconnected);
}

TEST(Lifetime, closing_cancels_what_runs) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Hang", json::object());
  client.send(kTest + "Hang", json::object(), Mode::oneway);
  ASSERT_TRUE(server.events.wait_for("hanging"));
  Events& events = server.events;
  server.on_loop([&] {
    server.server().close_connections();
    auto told = [&events](std::exception_ptr) { events.add("all closed"); };
    asio::co_spawn(server.context(), server.server().all_closed(), std::move(told));
  });
  EXPECT_TRUE(events.wait_for("all closed"));
  EXPECT_EQ(events.count("cancelled"), 1u);
  EXPECT_THROW(client.receive(), Disconnected);
}

TEST(Lifetime, closing_with_a_farewell_tells_those_who_wait) {
  TestServer server;
  Client waiting = server.connect();
  waiting.send(kTest + "Hang", json::object());
  ASSERT_TRUE(server.events.wait_for("hanging"));
  Client idle = server.connect();
  idle.call(kTest + "Echo", {{"text", "a"}});
  server.on_loop([&] { server.server().close_connections(MethodError("org.example.test.Farewell")); });
  EXPECT_EQ(waiting.receive().error(), "org.example.test.Farewell");
  EXPECT_THROW(waiting.receive(), Disconnected);
  EXPECT_THROW(idle.receive(), Disconnected);
}

TEST(Lifetime, a_peer_that_does_not_read_its_farewell_is_closed_all_the_same) {
  TestServer server;
  Client client = server.connect();
  client.send(kTest + "Count", {{"to", 1000}, {"size", 65536}}, Mode::more);
  ASSERT_TRUE(client.receive().continues());
  Events& events = server.events;
  server.on_loop([&] {
    server.server().close_connections(MethodError("org.example.test.Farewell"));
    server.server().close_connections();
    auto told = [&events](std::exception_ptr) { events.add("all closed"); };
    asio::co_spawn(server.context(), server.server().all_closed(), std::move(told));
  });
  EXPECT_TRUE(events.wait_for("all closed"));
}

TEST(Lifetime, a_server_may_go_while_calls_run) {
  Client client = [] {
    TestServer server;
    Client connected = server.connect();
    connected.send(kTest + "Hang", json::object());
    EXPECT_TRUE(server.events.wait_for("hanging"));
    return connected;
  }();
  EXPECT_THROW(client.receive(), Disconnected);
}

TEST(Lifetime, a_connected_socket_can_be_served) {
  TestServer server;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd far(ends[1]);
  Client client{UniqueFd(ends[0])};
  server.on_loop([&] { server.server().serve(std::move(far)); });
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
}

TEST(Lifetime, A3_the_end_of_a_connection_ends_no_other) {
  TestServer server;
  std::vector<std::string> troubles(16);
  std::vector<std::thread> threads;
  for (std::string& trouble : troubles)
    threads.emplace_back([&] {
      try {
        for (int round = 0; round < 300; ++round) {
          Client client = server.connect();
          for (int i = 0; i < 3; ++i) client.call("org.example.test.Echo", {{"text", "hello"}});
        }
      } catch (const std::exception& error) {
        trouble = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& trouble : troubles) EXPECT_EQ(trouble, "");
}

// As systemd does with a socket that it shares with us.
TEST(Lifetime, a_listening_socket_that_another_process_makes_blocking_does_not_hold_the_loop) {
  TestServer server;
  UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The kernel finds a name.
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(::listen(listening.get(), 5), 0);
  const UniqueFd shared(::fcntl(listening.get(), F_DUPFD_CLOEXEC, 0));
  server.on_loop([&] {
    server.server().listen(std::move(listening));
    ASSERT_EQ(::fcntl(shared.get(), F_SETFL, 0), 0);
  });
  for (int i = 0; i < 3; ++i) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    Client client(std::move(socket));
    EXPECT_EQ(client.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
  }
}

}  // namespace
}  // namespace coppice::varlink
