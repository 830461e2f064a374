// Waiting for a keeper that has the state directory and may come to rest in it.
#include "daemon/predecessor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "daemon/state_watch.h"
#include "process/keeper_protocol.h"
#include "process/packet_socket.h"
#include "process/rescue_socket.h"

namespace coppice::daemon {
namespace {

class PredecessorTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string in_directory(const std::string& name) const { return directory_ + "/" + name; }
  std::unique_ptr<Predecessor> await() { return Predecessor::await(io_, in_directory("keeper.socket"), directory_); }
  // As a daemon has it.
  UniqueFd lock() const {
    UniqueFd lock(::open(in_directory("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
    return lock;
  }

  std::string directory_ = ::testing::TempDir() + "predecessor.XXXXXX";
  asio::io_context io_;
};

void say(const UniqueFd& line, const process::Report& report) {
  EXPECT_EQ(process::send_packet(line.get(), process::encode(report).view(), {}, process::Blocking::no), 0);
}

// The line to whom it has greeted.
UniqueFd rest(const std::string& path) {
  const UniqueFd listener = process::listen_for_rescue(path);
  pollfd ready{listener.get(), POLLIN, 0};
  while (::poll(&ready, 1, -1) < 0) {
  }
  auto rescuer = process::accept_rescuer(listener.get());
  EXPECT_TRUE(rescuer && rescuer->socket);
  if (!rescuer) return {};
  say(rescuer->socket, process::Hello{process::kProtocolVersion, 42});
  say(rescuer->socket, process::HandedOver{8, 2, 0});
  return std::move(rescuer->socket);
}

TEST_F(PredecessorTest, there_is_none_where_nobody_has_the_directory) {
  EXPECT_EQ(await(), nullptr);
  { const UniqueFd once = lock(); }
  EXPECT_EQ(await(), nullptr);
}

TEST_F(PredecessorTest, D3_one_that_is_about_to_rest_is_waited_for) {
  const UniqueFd locked = lock();
  UniqueFd line;
  std::thread keeper([&] { line = rest(in_directory("keeper.socket")); });
  const auto found = await();
  keeper.join();
  EXPECT_NE(found, nullptr);
}

TEST_F(PredecessorTest, none_is_found_where_a_daemon_lives_or_ends) {
  UniqueFd locked = lock();
  EXPECT_EQ(await(), nullptr);
  std::thread holder([&] { locked.reset(); });
  EXPECT_EQ(await(), nullptr);
  holder.join();
}

TEST_F(PredecessorTest, a_watch_is_woken_by_what_is_made_and_by_what_is_closed) {
  // The test's own bound ends a wait that nothing wakes.
  constexpr std::chrono::hours kForEver{1};
  UniqueFd locked = lock();
  const StateWatch watch(directory_);
  std::thread maker([&] { EXPECT_EQ(::mknod(in_directory("made").c_str(), S_IFIFO | 0600, 0), 0); });
  watch.wait(kForEver);
  maker.join();
  EXPECT_TRUE(std::filesystem::exists(in_directory("made")));
  std::thread closer([&] { locked.reset(); });
  watch.wait(kForEver);
  closer.join();
}

}  // namespace
}  // namespace coppice::daemon
