// What a supervisor would never send.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "process/launch_record.h"
#include "process/packet_socket.h"
#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

class Forged : public KeeperTest {
 protected:
  UniqueFd null_{::open("/dev/null", O_RDWR | O_CLOEXEC)};

  void send_bytes(std::span<const std::byte> bytes, const std::vector<int>& descriptors = {}) {
    ASSERT_EQ(send_packet(keeper().socket(), bytes, descriptors, Blocking::yes), 0);
  }
  // The keeper ends by itself, and what it had is gone.
  void expect_hang_up() {
    while (keeper().next()) {
    }
    EXPECT_TRUE(keeper().end());
  }
  LaunchRequest request(Key key) {
    LaunchRequest request;
    request.key = key;
    return request;
  }
  void expect_bad_record(int record, Key key, int error) {
    ASSERT_EQ(keeper().send(request(key), {record, null_.get(), null_.get(), null_.get()}), 0);
    const auto failed = keeper().await<Failed>(key);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->step, Step::record);
    EXPECT_EQ(static_cast<int>(failed->error), error);
  }
};

TEST_P(Forged, A3_packets_that_are_no_requests_end_the_connection) {
  const Packet report = encode(Report(Launched{7, 8, IdentityKind::inode, 9}));
  const Packet launching = encode(Request(request(7)));
  const Packet reserved = encode(Request(SignalRequest{kReservedKeys | 1, 9, 0}));
  const Packet other_version = encode(Request(Hello{kProtocolVersion + 1, 0}));
  const std::array unknown{std::byte{99}, std::byte{0}, std::byte{0}, std::byte{0}};
  for (const auto bytes : {report.view(), launching.view(), launching.view().first(7), reserved.view(),
                           other_version.view(), std::span<const std::byte>(unknown)}) {
    restart({});
    send_bytes(bytes);
    expect_hang_up();
  }
}

TEST_P(Forged, A3_a_hold_that_counts_wrong_ends_the_connection) {
  const Hold sound{7, 1, 2, {1, 2}};
  const std::vector<int> two{null_.get(), null_.get()};
  std::vector<std::pair<Hold, std::vector<int>>> all{{sound, {null_.get()}}, {sound, {}}, {sound, {0, 0, 0}}};
  for (const Hold& bad : {Hold{7, 1, 0, {}}, Hold{7, 1, 9, {1, 2}}, Hold{7, 1, 0xffffffff, {1, 2}}, Hold{7, 1, 2, {1, 0}},
                          Hold{7, 0, 2, {1, 2}}})
    all.emplace_back(bad, two);
  for (const auto& [hold, descriptors] : all) {
    restart({});
    ASSERT_EQ(keeper().send(hold, descriptors), 0);
    expect_hang_up();
  }
}

TEST_P(Forged, A3_numbers_of_holds_are_used_once_and_may_not_run_away) {
  const std::vector<int> one{null_.get()};
  ASSERT_EQ(keeper().send(Hold{7, 1, 1, {1}}, one), 0);
  ASSERT_EQ(keeper().send(Hold{7, 1, 1, {1}}, one), 0);
  expect_hang_up();
  restart({});
  // More than can be on their way, each without a descriptor: those have a bound of their own.
  for (std::uint32_t number = 2; number < 100'000; ++number)
    if (keeper().send(Drop{7, number, 1}) != 0) break;
  expect_hang_up();
}

TEST_P(Forged, A3_a_running_command_is_killed_with_the_connection) {
  const Command command = launch(probe({"pause"}));
  ASSERT_TRUE(keeper().await<Launched>(command.key));
  const std::array nonsense{std::byte{1}};
  send_bytes(nonsense);
  expect_hang_up();
  EXPECT_EQ(command.text(), "");
}

TEST_P(Forged, A3_a_packet_that_is_too_long_is_dropped) {
  const std::array<std::byte, 3000> much{};
  send_bytes(much, {null_.get()});
  EXPECT_TRUE(keeper().answers());
}

TEST_P(Forged, A3_a_record_is_checked_and_not_trusted) {
  expect_bad_record(null_.get(), 1, EBADMSG);
  expect_bad_record(memory_file(std::string(5000, '\xff')).get(), 2, E2BIG);
  expect_bad_record(memory_file(std::string(5000, '\0')).get(), 3, EBADMSG);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  expect_bad_record(reader.get(), 4, ESPIPE);
}

TEST_P(Forged, A3_a_record_whose_streams_make_no_sense_is_refused) {
  Launch launch = probe({"see"});
  launch.files[1] = StreamFile{"/dev/null", false, false};
  const UniqueFd sound = seal(launch);
  std::string bytes(4096, '\0');
  bytes.resize(static_cast<std::size_t>(::pread(sound.get(), bytes.data(), bytes.size(), 0)));
  auto& header = *reinterpret_cast<RecordHeader*>(bytes.data());
  header.files[2].flags = kFileFollows | kFileAppends;
  expect_bad_record(memory_file(bytes).get(), 1, EBADMSG);
  header.files[2].flags = 0;
  header.root = header.size;
  expect_bad_record(memory_file(bytes).get(), 2, EBADMSG);
}

TEST_P(Forged, S5_something_else_than_a_pen_is_the_pens_fault) {
  LaunchRequest wanted = request(1);
  wanted.has_pen = 1;
  const UniqueFd record = seal(probe({"see"}));
  ASSERT_EQ(keeper().send(wanted, {record.get(), null_.get(), null_.get(), null_.get(), null_.get()}), 0);
  const auto failed = keeper().await<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(step_name(failed->step), "pen");
}

TEST_P(Forged, X1_a_key_is_used_once) {
  const Command command = launch(probe({"wait"}));
  ASSERT_TRUE(keeper().await<Launched>(command.key));
  const UniqueFd record = seal(probe({"see"}));
  expect_bad_record(record.get(), command.key, EEXIST);
  SignalRequest signal;
  signal.key = command.key;
  ASSERT_EQ(keeper().send(signal), 0);
  const auto answer = keeper().await<Signalled>(command.key);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, 0u);
}

COPPICE_BOTH_KEEPERS(Forged);

}  // namespace
}  // namespace coppice::process::test
