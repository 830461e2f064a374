// What jobs do not have from a daemon that a unit has put above others, and what they have from one that it holds back.
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

constexpr int kIoOfProcess = 1;
constexpr int kRealTimeIo = 1 << 13 | 3;
constexpr int kIdleIo = 3 << 13;

// In a keeper that is about to be executed; exits if it cannot be had.
void need(bool done) {
  if (!done) ::_exit(125);
}

void raise_ambient_capability() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  need(::syscall(SYS_capget, &header, data) == 0);
  data[0].inheritable |= 1U << CAP_SYS_CHROOT;
  need(::syscall(SYS_capset, &header, data) == 0);
  need(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_CHROOT, 0, 0) == 0);
}

bool write_score(const std::string& process, int score) {
  std::ofstream file("/proc/" + process + "/oom_score_adj");
  file << score << std::flush;
  return file.good();
}

class Inherited : public KeeperTest {
 protected:
  std::string said(const Launch& wanted) {
    const Command command = launch(wanted);
    EXPECT_TRUE(keeper().await<Launched>(command.key));
    const std::string text = command.text();
    EXPECT_TRUE(keeper().await<Exited>(command.key));
    return text;
  }

  std::string keepers(const std::string& file) {
    std::ifstream text("/proc/" + std::to_string(keeper().pid()) + "/" + file);
    return {std::istreambuf_iterator<char>(text), {}};
  }
};

TEST_P(Inherited, S4_advantages_of_the_daemon_are_not_its_jobs) {
  restart([] {
    need(::setpriority(PRIO_PROCESS, 0, -5) == 0);
    need(::syscall(SYS_ioprio_set, kIoOfProcess, 0, kRealTimeIo) == 0);
    need(::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) == 0);
    raise_ambient_capability();
  });
  if (!keeper().answers()) GTEST_SKIP() << "may not raise itself above others";
  EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(keeper().pid())), -5);
  EXPECT_NE(line(keepers("status"), "CapAmb:"), "0000000000000000");
  const std::string text = said(probe({"see"}));
  EXPECT_EQ(line(text, "nice"), "0");
  EXPECT_EQ(line(text, "io"), "0");
  EXPECT_EQ(line(text, "slack"), "50000");
  EXPECT_EQ(line(text, "status CapAmb:"), "0000000000000000");
}

TEST_P(Inherited, S4_a_real_time_policy_is_not_its_jobs) {
  restart([] {
    sched_param least{};
    least.sched_priority = 1;
    need(::sched_setscheduler(0, SCHED_RR, &least) == 0);
  });
  if (!keeper().answers()) GTEST_SKIP() << "may not have a real-time policy";
  EXPECT_EQ(::sched_getscheduler(keeper().pid()), SCHED_RR);
  EXPECT_EQ(line(said(probe({"see"})), "policy"), std::to_string(SCHED_OTHER));
}

TEST_P(Inherited, S4_what_holds_the_daemon_back_holds_for_its_jobs) {
  restart([] {
    const sched_param none{};
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    need(::setpriority(PRIO_PROCESS, 0, 5) == 0);
    need(::sched_setscheduler(0, SCHED_BATCH, &none) == 0);
    need(::sched_setaffinity(0, sizeof first, &first) == 0);
    need(::syscall(SYS_ioprio_set, kIoOfProcess, 0, kIdleIo) == 0);
  });
  if (!keeper().answers()) GTEST_SKIP() << "may not be held back so";
  const std::string text = said(probe({"see"}));
  EXPECT_EQ(line(text, "nice"), "5");
  EXPECT_EQ(line(text, "policy"), std::to_string(SCHED_BATCH));
  EXPECT_EQ(line(text, "io"), std::to_string(kIdleIo));
  EXPECT_EQ(line(text, "status Cpus_allowed_list:"), "0");
}

TEST_P(Inherited, S4_the_out_of_memory_score_is_nobodys_but_the_daemons) {
  restart([] { need(write_score("self", 300)); });
  ASSERT_TRUE(keeper().answers());
  EXPECT_EQ(line(said(probe({"see"})), "oom"), "0");
  EXPECT_EQ(keepers("oom_score_adj"), "300\n");
  // Of one that is changed while it runs too.
  ASSERT_TRUE(write_score(std::to_string(keeper().pid()), 200));
  EXPECT_EQ(line(said(probe({"see"})), "oom"), "0");
  Launch wanted = probe({"see"});
  wanted.oom_score_adjust = 250;
  EXPECT_EQ(line(said(wanted), "oom"), "250");
  EXPECT_EQ(keepers("oom_score_adj"), "200\n");
}

TEST_P(Inherited, S4_a_daemon_that_may_not_go_back_to_0_gives_what_it_has) {
  restart([] {
    // Raised with the right to, it is the least for whoever has not (proc_pid_oom_score_adj(5)).
    need(write_score("self", 300));
    need(::prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0) == 0);
  });
  ASSERT_TRUE(keeper().answers());
  const std::string score = line(said(probe({"see"})), "oom");
  if (score == "0") GTEST_SKIP() << "needs CAP_SYS_RESOURCE";
  EXPECT_EQ(score, "300");
}

TEST_P(Inherited, S4_who_runs_as_another_has_a_session_keyring_of_its_own) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  restart([] { need(::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0); });
  if (!keeper().answers()) GTEST_SKIP() << "no keyrings here";
  const std::string daemons = line(said(probe({"see"})), "keyring");
  EXPECT_EQ(line(said(probe({"see"})), "keyring"), daemons);
  Launch wanted = probe({"see"});
  const std::string program = directory_ + "/probe";
  std::filesystem::copy_file(wanted.candidates[0], program);
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  wanted.candidates = {program};
  wanted.credentials = Credentials{65534, 65534, {}};
  const std::string first = line(said(wanted), "keyring");
  const std::string second = line(said(wanted), "keyring");
  for (const std::string& own : {first, second}) EXPECT_NE(own, daemons);
  EXPECT_NE(first, second);
}

COPPICE_BOTH_KEEPERS(Inherited);

}  // namespace
}  // namespace coppice::process::test
