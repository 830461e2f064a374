// The supervisor cannot be started any more: the keeper rests, and somebody comes to the rescue.
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "process/rescue_socket.h"
#include "tests/process/supervised.h"

namespace coppice::process::test {
namespace {

class Rest : public SupervisedTest {
 protected:
  // A keeper that rests, with a command that runs under key 1.
  void bring_to_rest() {
    start_keeper({"--restarts", "3", "--rescue", rescue_path()});
    auto life = next_life();
    command_ = waiting(*life, 1, 21);
    for (int death = 1; death <= 3; ++death) {
      if (death > 1) life = next_life();
      struct stat none {};
      EXPECT_NE(::stat(rescue_path().c_str(), &none), 0) << "it can be reached before it rests";
      life->kill(SIGKILL);
    }
    ASSERT_TRUE(keeper_says("rests with 1 commands"));
    // It has said that it rests before it listens.
    struct stat file {};
    while (::stat(rescue_path().c_str(), &file) != 0) ::sched_yield();
    EXPECT_EQ(file.st_mode & 0777, 0600u);
  }

  Command command_;
};

TEST_F(Rest, D1_quick_deaths_lead_to_rest_and_a_rescuer_goes_on) {
  bring_to_rest();
  const auto rescuer = rescue();
  struct stat none {};
  EXPECT_NE(::stat(rescue_path().c_str(), &none), 0) << "it listens for another one";
  EXPECT_EQ(rescuer->keeper_pid, keeper());
  EXPECT_EQ(handed_.restarts, 3u);
  EXPECT_TRUE(rescuer->handed<Launched>(1));
  const Command more = waiting(*rescuer, 2, 22);
  command_.input.reset();
  const auto exited = rescuer->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, W_EXITCODE(21, 0));
}

TEST_F(Rest, D1_a_rescuer_that_leaves_lets_the_keeper_rest_again) {
  bring_to_rest();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rescue()->handed<Launched>(1));
}

TEST_F(Rest, D1_what_exits_while_the_keeper_rests_is_kept) {
  bring_to_rest();
  command_.input.reset();
  EXPECT_EQ(command_.text(), "");
  const auto rescuer = rescue();
  const auto exited = rescuer->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, W_EXITCODE(21, 0));
}

TEST_F(Rest, X2_a_signal_to_end_kills_what_a_resting_keeper_has) {
  bring_to_rest();
  ::kill(keeper(), SIGTERM);
  EXPECT_EQ(keeper_status(), W_EXITCODE(1, 0));
  EXPECT_EQ(command_.text(), "");
  struct stat none {};
  EXPECT_NE(::stat(rescue_path().c_str(), &none), 0);
}

TEST_F(Rest, X2_a_rescuer_can_end_the_keeper) {
  bring_to_rest();
  const auto rescuer = rescue();
  ASSERT_EQ(rescuer->send(Farewell{FarewellMode::end}), 0);
  rescuer->hang_up();
  ASSERT_TRUE(keeper_status());
  EXPECT_EQ(command_.text(), "");
}

TEST_F(Rest, D4_a_keeper_with_nothing_to_keep_does_not_rest) {
  start_keeper({"--restarts", "2", "--rescue", rescue_path()});
  next_life()->kill(SIGKILL);
  next_life()->kill(SIGKILL);
  EXPECT_EQ(keeper_status(), W_EXITCODE(1, 0));
}

TEST_F(Rest, A1_only_the_owner_can_connect) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  bring_to_rest();
  // Root makes the file open for everybody: the keeper looks at the peer all the same.
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(rescue_path().c_str(), 0666), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    try {
      SupervisorEnd line(connect_resting_keeper(rescue_path()));
      static_cast<void>(line.send(Hello{}));
      ::_exit(line.next() ? 1 : 0);
    } catch (const std::system_error&) {
      ::_exit(3);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(rescue()->handed<Launched>(1));
}

}  // namespace
}  // namespace coppice::process::test
