// What cannot die: a process that sleeps in a dead file system, uninterruptibly.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/ending/dead_file_system.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::support {
namespace {

class Stuck : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    const std::string directory = folder_.path() + "/dead";
    ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
    dead_.emplace(directory);
    if (!dead_->missing().empty()) GTEST_SKIP() << "FUSE: " << dead_->missing();
    daemon_.emplace();
    client_.emplace(daemon_->connect());
  }

  void TearDown() override {
    if (dead_) dead_->let_go();
  }

  // A job of which one process cannot die.
  json begin() {
    const json job = start(*client_, shell("sleep 1000 & cat " + dead_->path()));
    EXPECT_TRUE(eventually([&] { return dead_->holds_a_read(); }));
    return job;
  }

  Folder folder_;
  std::optional<DeadFileSystem> dead_;
  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

TEST_F(Stuck, K8_what_outlives_sigkill_is_named_and_the_daemon_goes_on) {
  const json job = begin();
  const Failure answer = failure(*client_, "Kill", {{"job", ref(job)}});
  ASSERT_EQ(answer.name, "StillDying") << answer.parameters;
  ASSERT_EQ(answer.parameters["stuck"].size(), 1u) << answer.parameters;
  const json stuck = answer.parameters["stuck"][0];
  EXPECT_EQ(stuck["state"], "D");
  EXPECT_NE(stuck["waitChannel"].get<std::string>(), "");
  EXPECT_EQ(answer.parameters["job"]["state"], "killing");

  // Everybody can see it, and others are served.
  const json seen = call(*client_, "List", {{"job", ref(job)}})["job"];
  EXPECT_EQ(seen["state"], "killing");
  ASSERT_EQ(seen["stuck"].size(), 1u);
  EXPECT_EQ(seen["stuck"][0]["pid"], stuck["pid"]);
  EXPECT_EQ(wait(*client_, start(*client_, spec({"true"})))["outcome"], "succeeded");

  dead_->let_go();
  const json result = wait(*client_, job);
  EXPECT_EQ(result["outcome"], "killed");
  EXPECT_EQ(call(*client_, "List", {{"job", ref(job)}})["job"]["stuck"].size(), 0u);
}

TEST_F(Stuck, D3_a_shutdown_does_not_wait_for_ever) {
  begin();
  // The second time it kills what it was stopping.
  ::kill(daemon_->supervisor(), SIGTERM);
  ASSERT_TRUE(eventually([&] { return !exists(daemon_->socket()); }));
  ::kill(daemon_->supervisor(), SIGTERM);
  const auto status = daemon_->await_end();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) != 0);
  EXPECT_NE(daemon_->said().find("cat"), std::string::npos) << daemon_->said();
}

}  // namespace
}  // namespace coppice::support
