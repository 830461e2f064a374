// Processes that are no children of the keeper that follows them.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

class Adoption : public KeeperTest {
 protected:
  // A child of the test that waits for a signal.
  void SetUp() override {
    KeeperTest::SetUp();
    pid_ = ::fork();
    if (pid_ == 0) {
      // A copy of the line would keep it open.
      ::syscall(SYS_close_range, 3, ~0U, 0);
      while (true) ::pause();
    }
    pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  void TearDown() override {
    reap(SIGKILL);
    KeeperTest::TearDown();
  }
  void reap(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  AdoptRequest request(Key key) const {
    AdoptRequest request;
    request.key = key;
    request.pid = static_cast<std::uint32_t>(pid_);
    return request;
  }

  pid_t pid_ = 0;
  UniqueFd pidfd_;
};

TEST_P(Adoption, D2_the_exit_of_another_ones_child_is_told_with_its_status) {
  ASSERT_EQ(keeper().send(request(1), {pidfd_.get()}), 0);
  const auto launched = keeper().await<Launched>(1);
  ASSERT_TRUE(launched);
  EXPECT_NE(launched->identity_kind, IdentityKind::none);
  EXPECT_NE(launched->identity, 0u);
  reap(SIGUSR1);
  const auto exited = keeper().await<Exited>(1);
  ASSERT_TRUE(exited);
  // Before Linux 6.15 nobody can tell.
  if (exited->known == 0) GTEST_SKIP() << "this kernel does not keep the status";
  EXPECT_EQ(exited->status, SIGUSR1);
  ASSERT_EQ(keeper().send(Forget{1}), 0);
}

TEST_P(Adoption, D2_one_that_was_over_before_is_told_too) {
  reap(SIGUSR2);
  AdoptRequest adopt = request(1);
  adopt.pid = 4711;
  adopt.identity_kind = IdentityKind::start_time;
  adopt.identity = 17;
  ASSERT_EQ(keeper().send(adopt, {pidfd_.get()}), 0);
  const auto launched = keeper().await<Launched>(1);
  ASSERT_TRUE(launched);
  EXPECT_EQ(launched->identity, 17u);
  const auto exited = keeper().await<Exited>(1);
  ASSERT_TRUE(exited);
  if (exited->known != 0) {
    EXPECT_EQ(exited->status, SIGUSR2);
  }
}

TEST_P(Adoption, K4_it_gets_signals_by_its_pidfd) {
  ASSERT_EQ(keeper().send(request(1), {pidfd_.get()}), 0);
  ASSERT_TRUE(keeper().await<Launched>(1));
  ASSERT_EQ(keeper().send(SignalRequest{1, SIGTERM, 0}), 0);
  const auto answer = keeper().await<Signalled>(1);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error, 0u);
  int status = 0;
  ASSERT_EQ(::waitpid(pid_, &status, 0), pid_);
  pid_ = 0;
  EXPECT_EQ(status, SIGTERM);
  EXPECT_TRUE(keeper().await<Exited>(1));
}

TEST_P(Adoption, X2_it_is_killed_with_its_pen_at_the_end) {
  TestPen* own = pen();
  if (!own) return;
  own->write("cgroup.procs", std::to_string(pid_).c_str());
  AdoptRequest adopt = request(1);
  adopt.has_pen = 1;
  ASSERT_EQ(keeper().send(adopt, {pidfd_.get(), own->fd()}), 0);
  ASSERT_TRUE(keeper().await<Launched>(1));
  keeper().hang_up();
  int status = 0;
  ASSERT_EQ(::waitpid(pid_, &status, 0), pid_);
  pid_ = 0;
  EXPECT_EQ(status, SIGKILL);
  EXPECT_TRUE(keeper().end());
}

TEST_P(Adoption, A3_what_is_no_pidfd_or_under_a_used_key_is_refused) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_EQ(keeper().send(request(1), {null.get()}), 0);
  const auto failed = keeper().await<Failed>(1);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->step, Step::record);
  EXPECT_EQ(static_cast<int>(failed->error), EBADF);
  ASSERT_EQ(keeper().send(request(1), {pidfd_.get()}), 0);
  const auto again = keeper().await<Failed>(1);
  ASSERT_TRUE(again);
  EXPECT_EQ(static_cast<int>(again->error), EEXIST);
}

INSTANTIATE_TEST_SUITE_P(Keepers, Adoption, ::testing::Values("process/keeper/coppice-keeper"));

}  // namespace
}  // namespace coppice::process::test
