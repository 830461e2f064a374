// The daemon that coppice run starts for itself.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

class Private : public Place {
 protected:
  void SetUp() override {
    if (const std::string missing = missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
  }

  std::string log() const {
    std::ifstream file(socket() + ".state/private-daemon.log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
};

TEST_F(Private, a_first_run_needs_no_set_up) {
  // The reader sees the end of both streams although the daemon lives on: it holds none of them.
  const Ended ended = coppice({"run", "--", "sh", "-c", "echo hello; exit 3"});
  EXPECT_EQ(ended.code, 3) << ended.error;
  EXPECT_EQ(ended.output, "hello\n");
  EXPECT_EQ(ended.error, "");
  ASSERT_TRUE(daemon_pid().has_value()) << log();
}

TEST_F(Private, it_is_detached_from_whoever_started_it) {
  set("SECRET", "of the caller");
  ASSERT_EQ(coppice({"run", "--", "true"}).code, 0);
  const std::string process = "/proc/" + std::to_string(daemon_pid().value());
  EXPECT_EQ(std::filesystem::read_symlink(process + "/fd/0"), "/dev/null");
  EXPECT_EQ(std::filesystem::read_symlink(process + "/cwd"), "/");
  std::ifstream file(process + "/environ");
  std::stringstream variables;
  variables << file.rdbuf();
  EXPECT_EQ(variables.str().find("SECRET"), std::string::npos);
}

TEST_F(Private, many_at_once_share_one) {
  constexpr int kRuns = 8;
  std::vector<std::unique_ptr<Program>> runs;
  for (int index = 0; index < kRuns; ++index) runs.push_back(begin({"run", "--", "echo", std::to_string(index)}));
  for (int index = 0; index < kRuns; ++index) {
    const Ended ended = runs[static_cast<std::size_t>(index)]->end();
    EXPECT_EQ(ended.code, 0) << ended.error << log();
    EXPECT_EQ(ended.output, std::to_string(index) + "\n");
  }
  const std::string said = log();
  EXPECT_NE(said.find("serving on"), std::string::npos) << said;
  EXPECT_EQ(said.find("serving on"), said.rfind("serving on")) << said;
}

TEST_F(Private, it_keeps_jobs_that_were_started_and_lets_other_commands_find_them) {
  const Ended started = coppice({"start", "--name", "left", "--", "sh", "-c", "echo kept"});
  ASSERT_EQ(started.code, 0) << started.error;
  EXPECT_EQ(coppice({"wait", "left"}).code, 0);
  EXPECT_EQ(coppice({"logs", "left"}).output, "kept\n");
}

TEST_F(Private, it_ends_when_it_is_idle_and_comes_back_when_it_is_needed) {
  set("COPPICE_IDLE_EXIT", "50");
  ASSERT_EQ(coppice({"run", "--", "true"}).code, 0);
  EXPECT_TRUE(daemon_ends());
  EXPECT_FALSE(daemon_pid().has_value());
  const Ended again = coppice({"run", "--", "true"});
  EXPECT_EQ(again.code, 0) << again.error;
}

TEST_F(Private, a_run_never_meets_a_daemon_that_is_just_ending) {
  set("COPPICE_IDLE_EXIT", "1");
  for (int round = 0; round < 20; ++round) {
    const Ended ended = coppice({"run", "--", "true"});
    ASSERT_EQ(ended.code, 0) << round << ": " << ended.error;
  }
}

TEST_F(Private, a_daemon_that_is_killed_is_replaced) {
  ASSERT_EQ(coppice({"run", "--", "true"}).code, 0);
  const pid_t first = daemon_pid().value();
  ASSERT_EQ(::kill(first, SIGTERM), 0);
  EXPECT_TRUE(daemon_ends());
  EXPECT_EQ(coppice({"run", "--", "true"}).code, 0);
  EXPECT_NE(daemon_pid().value_or(first), first);
}

TEST_F(Private, other_commands_start_none) {
  const Ended ended = coppice({"ps"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.error.find(socket()), std::string::npos) << ended.error;
  EXPECT_FALSE(daemon_pid().has_value());
}

}  // namespace
}  // namespace coppice::cli_daemon
