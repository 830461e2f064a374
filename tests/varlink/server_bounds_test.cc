// Descriptors, and everything that a peer could grow.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "ipc/varlink/framing.h"
#include "ipc/varlink/message.h"
#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

const std::string kTest = "org.example.test.";

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  UniqueFd reading, writing;
};

std::string read_all(int fd) {
  std::string text(64, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

TEST(Descriptors, they_travel_both_ways_by_index) {
  TestServer server;
  Client client = server.connect();
  Pipe first, second;
  client.send(kTest + "Write", {{"fd", 1}, {"text", "second"}}, Mode::plain,
              {first.writing.get(), second.writing.get()});
  EXPECT_FALSE(client.receive().failed());
  EXPECT_EQ(read_all(second.reading.get()), "second");
  client.send(kTest + "Pipes", {{"count", 3}});
  Reply reply = client.receive();
  ASSERT_EQ(reply.descriptors(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const UniqueFd pipe = reply.take_descriptor(i);
    EXPECT_EQ(read_all(pipe.get()), std::to_string(i));
    EXPECT_EQ(::fcntl(pipe.get(), F_GETFD), FD_CLOEXEC);
  }
  EXPECT_THROW(reply.take_descriptor(0), Disconnected);
  EXPECT_THROW(reply.take_descriptor(3), Disconnected);
}

TEST(Descriptors, an_index_that_is_not_there_names_the_field) {
  TestServer server;
  Client client = server.connect();
  Pipe pipe;
  for (const std::int64_t index : {std::int64_t{-1}, std::int64_t{1}, std::int64_t{1} << 62}) {
    client.send(kTest + "Write", {{"fd", index}, {"text", "a"}}, Mode::plain, {pipe.writing.get()});
    const Reply reply = client.receive();
    EXPECT_EQ(reply.error(), "org.varlink.service.InvalidParameter");
    EXPECT_EQ(reply.parameters().at("parameter"), "fd");
  }
}

TEST(Descriptors, those_not_taken_are_closed_before_the_next_call) {
  TestServer server;
  Client client = server.connect();
  client.call(kTest + "Echo", {{"text", "a"}});
  const std::size_t before = open_descriptors();
  Pipe pipe;
  client.send(kTest + "Echo", {{"text", "a"}}, Mode::plain, std::vector<int>(200, pipe.writing.get()));
  client.receive();
  client.send("org.nowhere.Do", json::object(), Mode::plain, std::vector<int>(200, pipe.writing.get()));
  client.receive();
  client.call(kTest + "Echo", {{"text", "a"}});
  EXPECT_EQ(open_descriptors(), before + 2);
  pipe.writing.reset();
  EXPECT_EQ(read_all(pipe.reading.get()), "");
}

TEST(Descriptors, a_truncated_control_message_ends_the_connection) {
  TestServer server;
  Client other = server.connect();
  other.call(kTest + "Echo", {{"text", "a"}});
  Client client = server.connect();
  client.call(kTest + "Echo", {{"text", "a"}});
  Pipe pipe;
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  // No room for what comes: the kernel then hands over some or none, and says MSG_CTRUNC.
  rlimit tight = old;
  tight.rlim_cur = open_descriptors() - 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  client.send(kTest + "Echo", {{"text", "a"}}, Mode::plain, std::vector<int>(100, pipe.writing.get()));
  EXPECT_THROW(client.receive(), Disconnected);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(server.events.wait_for("incident connection ended: descriptors of a message were lost"));
  EXPECT_EQ(other.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
}

TEST(Bounds, A4_connections_of_a_user_are_counted_and_the_refusal_names_the_bound) {
  Bounds bounds;
  bounds.connections_per_user = 2;
  TestServer server(bounds);
  Client first = server.connect();
  first.call(kTest + "Echo", {{"text", "a"}});
  {
    Client second = server.connect();
    second.call(kTest + "Echo", {{"text", "a"}});
    const UniqueFd third = server.connect_raw();
    EXPECT_TRUE(ends_silently(third.get()));
    EXPECT_TRUE(server.events.wait_for("incident connection refused: more than 2 connections of user"));
  }
  ASSERT_TRUE(server.events.wait_for("connections 1", 2));
  Client again = server.connect();
  EXPECT_EQ(again.call(kTest + "Echo", {{"text", "a"}}).at("text"), "a");
}

TEST(Bounds, A4_connections_of_all_are_counted) {
  Bounds bounds;
  bounds.connections = 1;
  TestServer server(bounds);
  Client first = server.connect();
  first.call(kTest + "Echo", {{"text", "a"}});
  const UniqueFd second = server.connect_raw();
  EXPECT_TRUE(ends_silently(second.get()));
}

TEST(Bounds, A4_a_message_above_the_bound_ends_the_connection) {
  Bounds bounds;
  bounds.message_bytes = 1000;
  TestServer server(bounds);
  Client client = server.connect();
  EXPECT_THROW(
      {
        client.send(kTest + "Echo", {{"text", std::string(100'000, 'x')}});
        client.receive();
      },
      Disconnected);
  EXPECT_TRUE(server.events.wait_for("incident connection ended: a message above 1000 bytes"));
}

TEST(Bounds, A4_unanswered_bytes_of_a_user_are_counted_over_its_connections) {
  Bounds bounds;
  bounds.pending_bytes_per_user = 100'000;
  TestServer server(bounds);
  const std::string half = R"({"method":"org.example.test.Echo","parameters":{"text":")" + std::string(60'000, 'x');
  const UniqueFd first = server.connect_raw();
  send_text(first.get(), half);
  server.connect().call(kTest + "Echo", {{"text", "a"}});
  const UniqueFd second = server.connect_raw();
  send_text(second.get(), half);
  EXPECT_TRUE(server.events.wait_for("incident connection ended: more than 100000 bytes"));
  server.connect().call(kTest + "Echo", {{"text", "a"}});
}

TEST(Bounds, A4_descriptors_are_counted_per_message_and_per_user) {
  Bounds bounds;
  bounds.descriptors_per_message = 4;
  bounds.descriptors_per_user = 6;
  TestServer server(bounds);
  Pipe pipe;
  Client many = server.connect();
  many.send(kTest + "Echo", {{"text", "a"}}, Mode::plain, std::vector<int>(5, pipe.writing.get()));
  EXPECT_THROW(many.receive(), Disconnected);
  EXPECT_TRUE(server.events.wait_for("incident connection ended: more than 4 descriptors in a message"));
  Client holder = server.connect();
  holder.send(kTest + "Hang", json::object(), Mode::plain, std::vector<int>(4, pipe.writing.get()));
  ASSERT_TRUE(server.events.wait_for("hanging"));
  Client above = server.connect();
  above.send(kTest + "Echo", {{"text", "a"}}, Mode::plain, std::vector<int>(4, pipe.writing.get()));
  EXPECT_THROW(above.receive(), Disconnected);
  EXPECT_TRUE(server.events.wait_for("incident connection ended: more than 6 descriptors of user"));
}

TEST(Bounds, D5_a_shortage_of_descriptors_refuses_connections_and_passes) {
  TestServer server;
  Client client = server.connect();
  client.call(kTest + "Echo", {{"text", "a"}});
  UniqueFd waiting(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit tight = old;
  tight.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  server.address().name.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "b"}}).at("text"), "b");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  // Either it was shed, or it waited until there was room again.
  EXPECT_EQ(server.connect().call(kTest + "Echo", {{"text", "c"}}).at("text"), "c");
}

TEST(Bounds, D5_without_room_a_waiting_connection_is_shed_through_the_reserve) {
  TestServer server;
  Client client = server.connect();
  client.call(kTest + "Echo", {{"text", "a"}});
  const UniqueFd waiting(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<UniqueFd> filling;
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit tight = old;
  tight.rlim_cur = open_descriptors() + 5;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (;;) {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;
    UniqueFd owned(fd);
    filling.push_back(std::move(owned));
  }
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  server.address().name.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  EXPECT_TRUE(ends_silently(waiting.get()));
  EXPECT_TRUE(server.events.wait_for("incident connection refused: no descriptor left"));
  EXPECT_EQ(client.call(kTest + "Echo", {{"text", "b"}}).at("text"), "b");
  filling.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(server.connect().call(kTest + "Echo", {{"text", "c"}}).at("text"), "c");
}

}  // namespace
}  // namespace coppice::varlink
