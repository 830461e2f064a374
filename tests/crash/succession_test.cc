// Other programs in the place of those that run: upgrade, leaving jobs to the next daemon, and a keeper that dies.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "tests/crash/caller.h"
#include "tests/crash/load.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

using support::ref;
using support::shell;
using support::spec;

constexpr char kLines[] = "for i in $(seq 1 60); do echo line $i; sleep 0.02; done; exit 7";

std::string lines() {
  std::string text;
  for (int i = 1; i <= 60; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

class Succession : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = support::missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  }

  static json wait(Caller& caller, const json& job) {
    return caller.call("Wait", {{"job", ref(job)}, {"unchecked", true}}).at("result");
  }

  // Between two there is none for a moment.
  static bool serves_another(const support::Daemon& daemon, pid_t before) {
    try {
      return daemon.supervisor() != before;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  static std::string log_of(const support::Daemon& daemon, const json& job) {
    varlink::Client client = daemon.connect();
    return support::log_of(client, job);
  }
};

TEST_F(Succession, D2_no_job_and_no_client_of_a_hundred_notices_an_upgrade) {
  support::Setting setting;
  setting.arguments = {"--restarts-within", "0"};
  support::Daemon daemon(setting);
  const pid_t keeper = daemon.keeper();
  const auto upgrade = [&] {
    for (int i = 0; i < 3; ++i) {
      const pid_t before = daemon.await_supervisor();
      varlink::Client client = daemon.connect();
      const json told = client.call("io.coppice.Daemon.Upgrade", json::object());
      EXPECT_EQ(told.at("from"), told.at("to"));
      EXPECT_TRUE(support::eventually([&] { return serves_another(daemon, before); }));
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  };
  Order order;
  order.seed = 1;
  order.lanes = order.jobs = 100;
  const Ledger ledger = run_load(daemon, order, upgrade);
  for (const auto& complaint : audit(ledger)) ADD_FAILURE() << complaint;
  EXPECT_EQ(daemon.keeper(), keeper);
  EXPECT_EQ(daemon.said().find("error"), std::string::npos) << daemon.said();
}

TEST_F(Succession, D3_jobs_that_are_left_are_the_next_daemons) {
  support::Setting setting;
  setting.arguments = {"--at-shutdown", "leave"};
  support::Daemon daemon(setting);
  Caller caller(daemon.socket());
  const json job = caller.call("Start", {{"spec", shell(kLines)}}).at("job");
  const auto status = daemon.end();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0);
  daemon.start_again();
  const json result = wait(caller, job);
  // Nobody here is its parent: from Linux 6.15 on its status is known all the same.
  if (result.at("outcome") == "lost") {
    EXPECT_NE(result.at("detail").get<std::string>().find("keeper"), std::string::npos);
  } else {
    EXPECT_EQ(result.at("exits").at(0).at("code"), 7) << result;
  }
  EXPECT_EQ(log_of(daemon, job), lines());
}

TEST_F(Succession, D1_when_the_keeper_dies_jobs_live_on_and_their_end_is_told_or_lost_but_not_made_up) {
  support::Daemon daemon;
  Caller caller(daemon.socket());
  const json job = caller.call("Start", {{"spec", shell(kLines)}}).at("job");
  const json before = caller.call("Start", {{"spec", spec({"true"})}}).at("job");
  EXPECT_EQ(wait(caller, before).at("outcome"), "succeeded");
  // The supervisor becomes the keeper, and keeps its number.
  const pid_t successor = daemon.supervisor();
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, successor, 0)));
  ASSERT_TRUE(pidfd);
  ::kill(daemon.keeper(), SIGKILL);
  const json result = wait(caller, job);
  if (result.at("outcome") == "lost") {
    EXPECT_NE(result.at("detail").get<std::string>().find("keeper"), std::string::npos);
  } else {
    EXPECT_EQ(result.at("exits").at(0).at("code"), 7) << result;
  }
  EXPECT_EQ(log_of(daemon, job), lines());
  EXPECT_EQ(wait(caller, before).at("outcome"), "succeeded");
  const json after = caller.call("Start", {{"spec", shell("exit 3")}}).at("job");
  EXPECT_EQ(wait(caller, after).at("exits").at(0).at("code"), 3);

  ASSERT_EQ(::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGTERM, nullptr, 0), 0);
  pollfd death{pidfd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&death, 1, 60'000), 1) << daemon.said();
}

// Hangs up the line between the two from outside.
void cut_line(pid_t supervisor) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, supervisor, 0)));
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(supervisor) + "/fd")) {
    const UniqueFd copy(static_cast<int>(
        ::syscall(SYS_pidfd_getfd, process.get(), std::stoi(entry.path().filename()), 0)));
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(copy.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
      ::shutdown(copy.get(), SHUT_RDWR);
  }
}

TEST_F(Succession, D1_a_line_that_is_cut_costs_a_supervisor_and_no_keeper) {
  support::Daemon daemon;
  Caller caller(daemon.socket());
  const json job = caller.call("Start", {{"spec", shell(kLines)}}).at("job");
  const pid_t keeper = daemon.keeper(), supervisor = daemon.supervisor();
  cut_line(supervisor);
  EXPECT_EQ(wait(caller, job).at("exits").at(0).at("code"), 7);
  EXPECT_EQ(log_of(daemon, job), lines());
  EXPECT_EQ(daemon.keeper(), keeper);
  EXPECT_NE(daemon.await_supervisor(), supervisor);
}

}  // namespace
}  // namespace coppice::crash
