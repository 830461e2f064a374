// Taking another user's credentials: the order, the checks, and that nobody else is changed.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/process/call_filter.h"
#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

constexpr uid_t kNobody = 65534;

class TakingCredentials : public KeeperTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    KeeperTest::SetUp();
  }

  // As nobody: a program that anybody can execute.
  Launch wanted() {
    Launch launch = probe({"wait"});
    const std::string program = directory_ + "/probe";
    if (!std::filesystem::exists(program)) std::filesystem::copy_file(launch.candidates[0], program);
    EXPECT_EQ(::chmod(program.c_str(), 0755), 0);
    EXPECT_EQ(::chmod(directory_.c_str(), 0755), 0);
    launch.candidates = {program};
    launch.credentials = Credentials{kNobody, kNobody, {7}};
    return launch;
  }

  void expect_failure(Step step) {
    const Command command = launch(wanted());
    const auto failed = keeper().await<Failed>(command.key);
    ASSERT_TRUE(failed);
    EXPECT_EQ(step_name(failed->step), step_name(step));
    EXPECT_EQ(static_cast<int>(failed->error), EPERM);
  }
};

TEST_P(TakingCredentials, S10_no_thread_of_the_keeper_changes_with_the_job) {
  const Command command = launch(wanted());
  const auto launched = keeper().await<Launched>(command.key);
  ASSERT_TRUE(launched);
  std::ifstream job("/proc/" + std::to_string(launched->pid) + "/status");
  EXPECT_EQ(line(std::string(std::istreambuf_iterator<char>(job), {}), "Uid:"), "65534\t65534\t65534\t65534");
  int threads = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(keeper().pid()) + "/task")) {
    std::ifstream file(thread.path() / "status");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(line(text, "Uid:"), "0\t0\t0\t0") << thread.path();
    EXPECT_EQ(line(text, "Gid:"), "0\t0\t0\t0") << thread.path();
    ++threads;
  }
  EXPECT_GT(threads, 1);
}

// The kernel's answer is not believed: a call that says yes and does nothing is found out.
TEST_P(TakingCredentials, S10_each_change_is_checked_and_not_believed) {
  const std::pair<long, Step> changes[] = {
      {SYS_setgroups, Step::groups}, {SYS_setresgid, Step::gid}, {SYS_setresuid, Step::uid}};
  for (const auto& [call, step] : changes) {
    restart([call = call] {
      if (!answer_for_kernel(call, 0)) ::_exit(125);
    });
    if (!keeper().answers()) GTEST_SKIP() << "no seccomp filter can be set here";
    expect_failure(step);
  }
}

// Groups and gid come first: with the right to change the uid alone the first step is refused, and with
// the others alone only the last one is.
TEST_P(TakingCredentials, S10_groups_and_gid_change_before_the_uid) {
  restart([] { ::prctl(PR_CAPBSET_DROP, CAP_SETGID, 0, 0, 0); });
  expect_failure(Step::groups);
  restart([] { ::prctl(PR_CAPBSET_DROP, CAP_SETUID, 0, 0, 0); });
  expect_failure(Step::uid);
}

COPPICE_BOTH_KEEPERS(TakingCredentials);

}  // namespace
}  // namespace coppice::process::test
