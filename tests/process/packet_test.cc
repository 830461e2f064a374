#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>

#include "process/keeper_protocol.h"
#include "process/packet_socket.h"

namespace coppice::process {
namespace {

TEST(KeeperProtocol, A3_requests_need_their_descriptors_and_a_key) {
  const auto accepted = [](const Request& request, std::size_t descriptors) {
    return decode_request(encode(request).view(), descriptors).has_value();
  };
  EXPECT_TRUE(accepted(Hello{}, 0));
  EXPECT_FALSE(accepted(Hello{}, 1));
  EXPECT_TRUE(accepted(LaunchRequest{1, 0, 0}, 4));
  EXPECT_FALSE(accepted(LaunchRequest{1, 0, 0}, 3));
  EXPECT_TRUE(accepted(LaunchRequest{1, 1, 0}, 5));
  EXPECT_FALSE(accepted(LaunchRequest{1, 1, 0}, 6));
  EXPECT_FALSE(accepted(LaunchRequest{1, 1, 0}, 4));
  EXPECT_FALSE(accepted(LaunchRequest{1, 2, 0}, 6));
  EXPECT_FALSE(accepted(LaunchRequest{0, 0, 0}, 4));
  EXPECT_FALSE(accepted(LaunchRequest{kReservedKeys, 0, 0}, 4));
  EXPECT_TRUE(accepted(Forget{1}, 0));
  AdoptRequest adopt;
  adopt.key = 1;
  EXPECT_FALSE(accepted(adopt, 1)) << "without a pid";
  adopt.pid = 2;
  EXPECT_TRUE(accepted(adopt, 1));
  EXPECT_FALSE(accepted(adopt, 2));
  adopt.has_pen = 1;
  EXPECT_TRUE(accepted(adopt, 2));
  adopt.identity_kind = static_cast<IdentityKind>(9);
  EXPECT_FALSE(accepted(adopt, 2));
  EXPECT_TRUE(accepted(Farewell{}, 0));
  EXPECT_FALSE(accepted(Farewell{static_cast<FarewellMode>(0)}, 0));
  EXPECT_TRUE(accepted(Serving{}, 0));
  EXPECT_FALSE(accepted(Serving{}, 1));
}

TEST(KeeperProtocol, A3_what_is_held_has_a_tag_and_a_descriptor_each) {
  const auto accepted = [](Hold hold, std::size_t descriptors) {
    return decode_request(encode(Request(hold)).view(), descriptors).has_value();
  };
  EXPECT_TRUE(accepted({0, 1, 2, {1, 2}}, 2));
  EXPECT_FALSE(accepted({0, 1, 2, {1, 2}}, 1));
  EXPECT_FALSE(accepted({0, 1, 2, {1, 2}}, 3));
  EXPECT_FALSE(accepted({0, 0, 2, {1, 2}}, 2)) << "without a number";
  EXPECT_FALSE(accepted({0, 1, 2, {1, 0}}, 2)) << "tag 0";
  EXPECT_FALSE(accepted({0, 1, 0, {}}, 0));
  EXPECT_FALSE(accepted({0, 1, kMaxHeld + 1, {1, 2, 3, 4, 5, 6, 7, 8}}, kMaxHeld + 1));
  EXPECT_FALSE(accepted({0, 1, 0xffffffff, {1, 2, 3, 4, 5, 6, 7, 8}}, 8));
  const Held held{1, 0, 9, {1}};
  EXPECT_FALSE(decode_report(encode(Report(held)).view(), 9));
}

TEST(KeeperProtocol, X1_reports_come_back_as_they_were) {
  const Exited sent{42, 0x137f, 1, 1, 2, 3};
  const auto report = decode_report(encode(Report(sent)).view());
  ASSERT_TRUE(report && std::holds_alternative<Exited>(*report));
  const auto& got = std::get<Exited>(*report);
  EXPECT_EQ(got.key, sent.key);
  EXPECT_EQ(got.status, sent.status);
  EXPECT_EQ(got.max_resident_kibibytes, 3u);
  Failed failed;
  failed.step = static_cast<Step>(kSteps);
  EXPECT_FALSE(decode_report(encode(Report(failed)).view()));
}

TEST(KeeperProtocol, A3_any_bytes_are_decoded_or_refused) {
  std::mt19937 random(1);
  std::array<std::byte, kMaxPacketSize> bytes;
  for (int round = 0; round < 100000; ++round) {
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() % 12);
    const auto packet = std::span<const std::byte>(bytes).first(random() % (bytes.size() + 1));
    // A packet goes one way only.
    const bool request = decode_request(packet, random() % 6).has_value();
    const bool report = decode_report(packet).has_value();
    EXPECT_TRUE(!request || !report || packet.size() == sizeof(std::uint32_t) + sizeof(Hello));
  }
}

class PacketSocket : public ::testing::Test {
 protected:
  Received receive(std::size_t room = 64) {
    return receive_packet(pair_.second.get(), std::span(buffer_).first(room), descriptors_, Blocking::no);
  }
  int send(std::size_t size, std::span<const int> descriptors = {}) {
    const std::array<std::byte, 128> bytes{};
    return send_packet(pair_.first.get(), std::span(bytes).first(size), descriptors, Blocking::no);
  }

  std::pair<UniqueFd, UniqueFd> pair_ = packet_pair();
  std::array<std::byte, 64> buffer_;
  std::vector<UniqueFd> descriptors_;
};

TEST_F(PacketSocket, S3_received_descriptors_are_close_on_exec) {
  const std::array<int, 2> sent{0, 1};
  ASSERT_EQ(send(8, sent), 0);
  const Received received = receive();
  EXPECT_EQ(received.kind, Receive::packet);
  EXPECT_EQ(received.size, 8u);
  ASSERT_EQ(descriptors_.size(), 2u);
  for (const UniqueFd& fd : descriptors_) EXPECT_EQ(::fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(receive().kind, Receive::would_block);
  EXPECT_TRUE(descriptors_.empty());
}

TEST_F(PacketSocket, S3_what_does_not_fit_is_closed) {
  const std::array<int, 1> sent{0};
  const int next_free = ::dup(0);
  ::close(next_free);
  ASSERT_EQ(send(100, sent), 0);
  const Received received = receive();
  EXPECT_EQ(received.kind, Receive::truncated);
  EXPECT_EQ(received.size, 0u);
  EXPECT_TRUE(descriptors_.empty());
  const UniqueFd again(::dup(0));
  EXPECT_EQ(again.get(), next_free);
}

TEST_F(PacketSocket, D5_without_a_free_descriptor_the_bytes_still_come) {
  const std::array<int, 2> sent{0, 1};
  ASSERT_EQ(send(8, sent), 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Received received = receive();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(received.kind, Receive::truncated);
  EXPECT_EQ(received.size, 8u);
  EXPECT_TRUE(descriptors_.empty());
}

TEST_F(PacketSocket, O3_a_peer_that_is_gone_raises_no_signal) {
  pair_.second.reset();
  EXPECT_EQ(send(8), EPIPE);
  const Received received = receive_packet(pair_.first.get(), buffer_, descriptors_, Blocking::yes);
  EXPECT_EQ(received.kind, Receive::closed);
}

TEST_F(PacketSocket, O6_a_full_socket_says_so) {
  int error = 0;
  for (int i = 0; i < 100000 && error == 0; ++i) error = send(100);
  EXPECT_EQ(error, EAGAIN);
  const std::array<int, kMaxPacketDescriptors + 1> many{};
  EXPECT_EQ(send(8, many), EINVAL);
}

}  // namespace
}  // namespace coppice::process
