// The supervisor's end against a keeper that the test plays.
#include "daemon/keeper_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "process/packet_socket.h"

namespace coppice::daemon {
namespace {

using process::Report;
using process::Request;
using Phase = CommandState::Phase;

class KeeperClientTest : public ::testing::Test {
 protected:
  void say(const Report& report, std::vector<int> descriptors = {}) {
    ASSERT_EQ(process::send_packet(keeper_.get(), process::encode(report).view(), descriptors, process::Blocking::no), 0);
  }
  // The next request that has come; its descriptors are in `received_`.
  std::optional<Request> hear() {
    std::array<std::byte, process::kMaxPacketSize> buffer;
    const auto got = process::receive_packet(keeper_.get(), buffer, received_, process::Blocking::no);
    if (got.kind != process::Receive::packet) return std::nullopt;
    return process::decode_request(std::span(buffer).first(got.size), received_.size());
  }
  template <typename T>
  std::optional<T> hear_a() {
    const auto request = hear();
    const auto* found = request ? std::get_if<T>(&*request) : nullptr;
    return found ? std::optional<T>(*found) : std::nullopt;
  }
  void deliver() {
    client_.listen();
    io_.poll();
  }
  process::Exited exit_of(process::Key key, int status) {
    process::Exited exited;
    exited.key = key;
    exited.status = status;
    return exited;
  }

  std::pair<UniqueFd, UniqueFd> pair_ = process::packet_pair();
  UniqueFd keeper_ = std::move(pair_.second);
  std::vector<UniqueFd> received_;
  asio::io_context io_;
  bool lost_ = false;
  KeeperClient client_{io_, std::move(pair_.first), [this] { lost_ = true; }};
};

TEST_F(KeeperClientTest, D1_a_hand_over_is_taken_in_whatever_order_reports_come) {
  const process::Launched launched{5, 77, process::IdentityKind::inode, 4711};
  // Its exit overtakes the state in which the hand-over found it.
  say(exit_of(5, 256));
  say(process::Hello{process::kProtocolVersion, 42});
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  say(process::Held{9, 0, 1, {3}}, {file.get()});
  say(launched);
  say(process::Launching{6});
  say(process::HandedOver{8, 2, 0});
  auto handover = client_.greet();
  EXPECT_EQ(client_.keeper_pid(), 42);
  EXPECT_EQ(handover.restarts, 2u);
  EXPECT_EQ(handover.last_key, 8u);
  ASSERT_EQ(handover.commands.size(), 2u);
  EXPECT_EQ(handover.commands[5].phase, Phase::exited);
  EXPECT_EQ(handover.commands[5].pid, 4711);
  EXPECT_EQ(handover.commands[5].identity.value, 77u);
  EXPECT_EQ(handover.commands[5].exited->status, 256);
  EXPECT_EQ(handover.commands[6].phase, Phase::launching);
  EXPECT_TRUE(handover.boxes[9][3]);
  EXPECT_EQ(client_.reserve_keys(2), 9u);
  EXPECT_EQ(client_.reserve_keys(1), 11u);
  client_.skip_keys(20);
  EXPECT_EQ(client_.reserve_keys(1), 21u);
}

TEST_F(KeeperClientTest, D1_what_happens_to_a_handed_command_before_it_is_adopted_is_not_lost) {
  say(process::Hello{process::kProtocolVersion, 42});
  say(process::Launched{5, 77, process::IdentityKind::inode, 4711});
  say(process::Launched{6, 78, process::IdentityKind::inode, 4712});
  say(process::HandedOver{8, 1, 0});
  auto handover = client_.greet();
  say(exit_of(5, 256));
  deliver();
  CommandProcess first;
  client_.adopt(first, handover.commands[5]);
  EXPECT_EQ(first.phase, Phase::exited);
  EXPECT_EQ(first.exited->status, 256);
  CommandProcess second;
  client_.adopt(second, handover.commands[6]);
  EXPECT_EQ(second.phase, Phase::running);
  say(exit_of(6, 512));
  io_.poll();
  EXPECT_EQ(second.phase, Phase::exited);
  EXPECT_EQ(second.exited->status, 512);
  // An older report comes late.
  say(process::Launched{6, 78, process::IdentityKind::inode, 4712});
  io_.poll();
  EXPECT_EQ(second.phase, Phase::exited);
}

TEST_F(KeeperClientTest, D1_what_is_held_goes_in_packets_that_are_numbered) {
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<KeeperClient::ToHold> many;
  for (process::Tag tag = 1; tag <= 10; ++tag) many.push_back({tag, file.get()});
  client_.hold(4, many);
  client_.drop(4, 7);
  client_.drop(4);
  const auto first = hear_a<process::Hold>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->number, 1u);
  EXPECT_EQ(first->count, process::kMaxHeld);
  const auto second = hear_a<process::Hold>();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 2u);
  EXPECT_EQ(second->count, 2u);
  EXPECT_EQ(second->tags[1], 10u);
  EXPECT_EQ(received_.size(), 2u);
  const auto one = hear_a<process::Drop>();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->number, 3u);
  EXPECT_EQ(one->tag, 7u);
  const auto all = hear_a<process::Drop>();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->number, 4u);
  EXPECT_EQ(all->tag, 0u);
}

TEST_F(KeeperClientTest, D4_after_a_farewell_the_hang_up_is_no_loss) {
  client_.serving();
  EXPECT_TRUE(client_.farewell(process::FarewellMode::upgrade));
  EXPECT_TRUE(hear_a<process::Serving>());
  const auto farewell = hear_a<process::Farewell>();
  ASSERT_TRUE(farewell);
  EXPECT_EQ(farewell->mode, process::FarewellMode::upgrade);
  client_.serving();
  EXPECT_FALSE(hear()) << "something was sent after it";
  keeper_.reset();
  deliver();
  EXPECT_FALSE(lost_);
}

TEST_F(KeeperClientTest, D4_a_keeper_of_another_version_is_refused) {
  say(process::Hello{process::kProtocolVersion + 1, 42});
  EXPECT_THROW(client_.greet(), std::runtime_error);
}

}  // namespace
}  // namespace coppice::daemon
