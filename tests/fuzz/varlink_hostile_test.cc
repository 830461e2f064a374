// A3: whatever bytes and descriptors come, they cost the connection they come on and nothing else.
//
// The sequence is the same on every run (a seeded generator of our own), so that a failure can be seen again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "ipc/varlink/framing.h"
#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

constexpr int kRounds = 5000;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // xorshift64*: the same numbers with every library.
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>((next() >> 16) % end); }

 private:
  std::uint64_t state_;
};

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> list = {
      R"({"method":"org.example.test.Echo","parameters":{"text":"a"}})",
      R"({"method":"org.example.test.Count","parameters":{"to":50,"size":5000},"more":true})",
      R"({"method":"org.example.test.Hang"})",
      R"({"method":"org.example.test.Echo","parameters":{"text":"a"},"oneway":true})",
      R"({"method":"org.example.test.Upgrade","upgrade":true})",
      R"({"method":"org.example.test.Write","parameters":{"fd":2,"text":""}})",
      R"({"method":"org.example.test.Pipes","parameters":{"count":20}})",
      R"({"method":"org.example.test.Shapes","parameters":{"points":[{"x":1,"y":2.5}],"table":{"a":{"x":1,"y":1}}}})",
      R"({"method":"org.example.test.Fail","parameters":{"how":"throw"}})",
      R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.example.test"}})",
      R"({"a":[[[[[[[[[[{"b":[1e99,-0,1.5,true,null,"\u0000\uD83D\uDE00"]}]]]]]]]]]]})"};
  return list;
}

std::string mutated(Dice& dice) {
  std::string text = seeds()[dice.below(seeds().size())];
  for (std::size_t changes = dice.below(4); changes > 0; --changes) {
    const std::size_t at = dice.below(text.size() + 1);
    switch (dice.below(6)) {
      case 0: text.insert(at, 1, static_cast<char>(dice.below(256))); break;
      case 1: text.erase(at, dice.below(8)); break;
      case 2: text.insert(at, text.substr(dice.below(text.size() + 1), dice.below(40))); break;
      case 3: text.insert(at, dice.below(200), "[{\"0\\"[dice.below(5)]); break;
      case 4: text.insert(at, seeds()[dice.below(seeds().size())]); break;
      default: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << dice.below(8)));
    }
  }
  if (dice.below(8) != 0) text.push_back('\0');
  return text;
}

// Sends what the socket takes; the server may have closed already, which is its right.
void send_piece(int socket, const std::string& bytes, std::size_t descriptors, int null) {
  try {
    MessageWriter writer(bytes, std::vector<int>(descriptors, null));
    writer.write(socket);
  } catch (const std::system_error&) {
    // Closed, or no more descriptors in flight for this user: both are answers.
  }
}

void read_a_little(int socket) {
  char bytes[512];
  static_cast<void>(::recv(socket, bytes, sizeof bytes, MSG_DONTWAIT));
}

void misbehave(UniqueFd socket, Dice& dice, int null, std::vector<UniqueFd>& lingering) {
  for (std::size_t pieces = 1 + dice.below(6); pieces > 0; --pieces) {
    const std::size_t descriptors = dice.below(4) == 0 ? dice.below(kMaxDescriptors + 1) : 0;
    std::string bytes = mutated(dice);
    if (dice.below(4) == 0) bytes.resize(dice.below(bytes.size() + 1));
    if (bytes.empty()) bytes = "{";
    send_piece(socket.get(), bytes, descriptors, null);
    if (dice.below(3) == 0) read_a_little(socket.get());
  }
  switch (dice.below(4)) {
    case 0: ::shutdown(socket.get(), SHUT_WR); break;
    case 1: ::shutdown(socket.get(), SHUT_RD); break;
    case 2: static_cast<void>(::send(socket.get(), "x", 1, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT)); break;
    default: break;
  }
  // Some stay, silent and half done, and are closed in their turn.
  lingering.push_back(std::move(socket));
  if (lingering.size() > 40) lingering.erase(lingering.begin() + static_cast<std::ptrdiff_t>(dice.below(40)));
}

bool oversized(TestServer& server) {
  const UniqueFd socket = server.connect_raw();
  const std::string chunk(std::size_t{1} << 20, 'x');
  try {
    send_text(socket.get(), "{\"method\":\"");
    for (int i = 0; i < 64; ++i) send_text(socket.get(), chunk);
  } catch (const std::system_error&) {
    return true;
  }
  return false;
}

// False when it has not come true in a generous time.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(VarlinkFuzz, A3_hostile_peers_cost_their_connection_and_nothing_else) {
  TestServer server;
  server.on_loop([&] {
    server.service.translate([](std::exception_ptr) { return MethodError("org.example.test.Refused"); });
  });
  Client honest = server.connect();
  honest.call("org.example.test.Echo", {{"text", "before"}});
  const std::size_t before = open_descriptors();
  {
    UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    std::vector<UniqueFd> lingering;
    Dice dice(20240229);
    for (int round = 0; round < kRounds; ++round) {
      misbehave(server.connect_raw(), dice, null.get(), lingering);
      if (round % 10 != 0) continue;
      const std::string text = std::to_string(round);
      ASSERT_EQ(honest.call("org.example.test.Echo", {{"text", text}}).at("text"), text);
    }
    EXPECT_TRUE(oversized(server));
    EXPECT_EQ(honest.call("org.example.test.Echo", {{"text", "after"}}).at("text"), "after");
  }
  // Only the honest one is left, with everything that the others had.
  EXPECT_TRUE(eventually([&] {
    std::size_t left = 0;
    server.on_loop([&] { left = server.server().connections(); });
    return left == 1;
  }));
  EXPECT_EQ(honest.call("org.example.test.Echo", {{"text", "last"}}).at("text"), "last");
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace coppice::varlink
