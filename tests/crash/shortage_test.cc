// What is short for the daemon, or refused to it, costs a request or some output; never a job, never the daemon (D5,
// O5).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/crash/caller.h"
#include "tests/crash/conductor.h"
#include "tests/crash/small_disk.h"
#include "tests/crash/traces.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

using support::failure;
using support::ref;
using support::spec;

constexpr std::size_t kRoom = std::size_t{24} << 20;

class Shortage : public testing::Test {
 protected:
  static void SetUpTestSuite() { hiding_ = hide_mounts(); }

  void SetUp() override {
    if (const std::string reason = support::missing_privilege() + hiding_; !reason.empty()) GTEST_SKIP() << reason;
    support::Setting setting;
    setting.prepare = [this](const std::string& folder) { disk_.emplace(folder + "/state", kRoom); };
    daemon_.emplace(setting);
    client_.emplace(daemon_->connect());
    place_ = {std::filesystem::absolute("tests/crash/writer"), notes_.path(), support::random_word(), false};
  }

  void TearDown() override {
    clean_up(place_.mark);
    end();
  }

  // The daemon's folder can be removed when nothing is mounted in it any more.
  void end() {
    client_.reset();
    if (daemon_) daemon_->end();
    disk_.reset();
    daemon_.reset();
  }

  varlink::Client& client() { return *client_; }
  support::Daemon& daemon() { return *daemon_; }

  Account account(Kind kind) {
    Account one;
    one.plan = draw(1, next_++, place_, kind);
    one.plan.through_run = false;
    return one;
  }

  // From its start to its end, with its log read.
  Account carry_out(Kind kind) {
    Account one = account(kind);
    conduct(daemon().socket(), one);
    EXPECT_EQ(one.trouble, std::vector<std::string>());
    return one;
  }

  // A job of each of two kinds that runs now is started, and comes to the end that it must come to.
  void expect_service() {
    for (const Kind kind : {Kind::pipeline, Kind::polite}) {
      const Account one = carry_out(kind);
      ASSERT_FALSE(one.results.empty());
      EXPECT_EQ(one.results.front().second["outcome"], one.plan.outcome) << one.results.front().second;
    }
  }

  // Starts one that is to be there all the time.
  json start_endless() { return support::start(client(), account(Kind::stopped).plan.spec); }

  void expect_endless(const json& job) {
    EXPECT_EQ(support::state_of(client(), job), "running");
    const json result = support::call(client(), "Stop", {{"job", ref(job)}})["results"][job["id"].get<std::string>()];
    EXPECT_EQ(result["outcome"], "stopped") << result;
    EXPECT_EQ(result["exits"][0]["signal"], "SIGTERM") << result;
  }

  std::optional<SmallDisk> disk_;
  std::optional<support::Daemon> daemon_;
  support::Folder notes_;
  Place place_;

 private:
  static inline std::string hiding_;
  std::optional<varlink::Client> client_;
  int next_ = 0;
};

TEST_F(Shortage, O5_a_job_that_fills_the_disk_ends_as_it_would_and_its_result_counts_what_is_missing) {
  const json running = start_endless();
  const json wanted = spec({"/bin/sh", "-c", "yes 0123456 | head -c 40000000; exit 3"});
  const json job = support::start(client(), wanted);
  const json result = support::wait(client(), job);
  EXPECT_EQ(result["outcome"], "failed");
  EXPECT_EQ(result["exits"][0]["code"], 3);
  const std::int64_t dropped = result.value("logDropped", std::int64_t{0});
  EXPECT_GT(dropped, 0) << result;
  EXPECT_LT(dropped, 40'000'000) << result;
  // What is there is what came first.
  const std::string log = support::log_of(client(), job);
  EXPECT_EQ(log.size(), static_cast<std::size_t>(40'000'000 - dropped));
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < log.size(); ++at) wrong += log[at] == "0123456\n"[at % 8] ? 0 : 1;
  EXPECT_EQ(wrong, 0u);
  support::call(client(), "Remove", {{"job", ref(job)}});
  expect_endless(running);
  expect_service();
}

TEST_F(Shortage, D5_on_a_full_disk_a_start_is_refused_with_a_reason_or_works_and_running_jobs_end_as_they_would) {
  const json running = start_endless(), killed = start_endless();
  disk_->fill();
  for (int time = 0; time < 50; ++time) {
    const support::Failure refused = failure(client(), "Start", {{"spec", spec({"/bin/true"})}});
    if (refused.name.empty()) continue;
    EXPECT_NE(refused.parameters.dump().find("space"), std::string::npos) << refused.name << refused.parameters;
  }
  EXPECT_EQ(support::kill(client(), killed)["results"][killed["id"].get<std::string>()]["outcome"], "killed");
  disk_->clear();
  expect_endless(running);
  expect_service();
}

TEST_F(Shortage, D5_on_a_read_only_disk_a_start_is_refused_with_a_reason_or_works_and_jobs_end_as_they_would) {
  const json running = start_endless(), killed = start_endless();
  disk_->set_read_only(true);
  for (int time = 0; time < 5; ++time) {
    const support::Failure refused = failure(client(), "Start", {{"spec", spec({"/bin/true"})}});
    if (refused.name.empty()) continue;
    EXPECT_NE(refused.parameters.dump().find("ead-only file system"), std::string::npos) << refused.name << refused.parameters;
  }
  EXPECT_EQ(support::kill(client(), killed)["results"][killed["id"].get<std::string>()]["outcome"], "killed");
  disk_->set_read_only(false);
  expect_endless(running);
  expect_service();
}

TEST_F(Shortage, D4_a_read_only_state_directory_refuses_the_start_with_the_remedy) {
  end();
  support::Folder folder;
  SmallDisk disk(folder.path() + "/state", kRoom);
  disk.set_read_only(true);
  const std::string log = folder.path() + "/stderr", state = folder.path() + "/state";
  support::Process process({"--socket", folder.path() + "/s", "--state", state, "--runtime", folder.path() + "/run"},
                           log);
  EXPECT_FALSE(process.await_ready());
  EXPECT_TRUE(process.await_end());
  EXPECT_NE(support::read_text(log).find(state), std::string::npos) << support::read_text(log);
  EXPECT_NE(support::read_text(log).find("ead-only file system"), std::string::npos) << support::read_text(log);
  EXPECT_NE(support::read_text(log).find("--state"), std::string::npos) << support::read_text(log);
}

// Both have some room left, for some jobs.
TEST_F(Shortage, D5_descriptors_that_are_short_refuse_starts_and_nothing_else) {
  for (const pid_t victim : {daemon().supervisor(), daemon().keeper()}) {
    SCOPED_TRACE(victim == daemon().keeper() ? "the keeper" : "the supervisor");
    const json running = start_endless();
    rlimit before{};
    ASSERT_EQ(::prlimit(victim, RLIMIT_NOFILE, nullptr, &before), 0);
    const rlimit tight{support::descriptors_of(victim) + 20, before.rlim_max};
    ASSERT_EQ(::prlimit(victim, RLIMIT_NOFILE, &tight, nullptr), 0);
    std::vector<json> started;
    support::Failure refused;
    for (int time = 0; time < 100 && refused.name.empty(); ++time) {
      client().send("io.coppice.Jobs.Start", {{"spec", account(Kind::stopped).plan.spec}});
      const varlink::Reply reply = support::next_reply(client());
      if (reply.failed()) {
        refused = {reply.error(), reply.parameters()};
      } else {
        started.push_back(reply.parameters()["job"]);
      }
    }
    EXPECT_TRUE(refused.name.ends_with(".Exhausted") || refused.name.ends_with(".StartFailed")) << refused.name;
    const std::string told = refused.parameters.dump();
    EXPECT_TRUE(told.find("descriptors") != std::string::npos || told.find("EMFILE") != std::string::npos) << told;
    ASSERT_EQ(::prlimit(victim, RLIMIT_NOFILE, &before, nullptr), 0);
    for (const json& job : started) expect_endless(job);
    expect_endless(running);
    expect_service();
  }
}

std::size_t mapped_by(pid_t pid) {
  std::size_t pages = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> pages;
  return pages * 4096;
}

TEST_F(Shortage, D5_memory_that_is_short_costs_requests_and_no_job) {
#ifdef COPPICE_SANITIZED
  GTEST_SKIP() << "a sanitizer maps terabytes";
#endif
  const json running = start_endless();
  const pid_t victim = daemon().supervisor();
  rlimit before{};
  ASSERT_EQ(::prlimit(victim, RLIMIT_AS, nullptr, &before), 0);
  const rlimit tight{mapped_by(victim) + (std::size_t{4} << 20), before.rlim_max};
  ASSERT_EQ(::prlimit(victim, RLIMIT_AS, &tight, nullptr), 0);
  // Far more than there is room for; each on a connection of its own, which it may cost.
  int costs = 0;
  for (int time = 0; time < 20; ++time) {
    json wanted = spec({"/bin/true"});
    wanted["environment"] = {{"FILLING", std::string(std::size_t{6} << 20, 'x')}};
    try {
      varlink::Client other = daemon().connect();
      if (!failure(other, "Start", {{"spec", wanted}}).name.empty()) ++costs;
    } catch (const varlink::Disconnected&) {
      ++costs;
    }
  }
  EXPECT_GT(costs, 0);
  // A supervisor that did not survive it has a successor, without that limit.
  static_cast<void>(::prlimit(victim, RLIMIT_AS, &before, nullptr));
  Caller caller(daemon().socket());
  EXPECT_EQ(caller.call("List", {{"job", ref(running)}})["job"]["state"], "running");
  expect_service();
}

}  // namespace
}  // namespace coppice::crash
