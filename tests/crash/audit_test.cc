// That the harness would see it: a load without any harm is right, and each thing that is then falsified in what was
// observed is found.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/crash/load.h"

namespace coppice::crash {
namespace {

class Audit : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!support::missing_privilege().empty()) return;
    support::Daemon daemon;
    observed_ = new Ledger(run_load(daemon, Order{.seed = 7, .jobs = 45}, [] {}));
  }
  static void TearDownTestSuite() { delete observed_; }

  void SetUp() override {
    if (const std::string reason = support::missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    ledger_ = *observed_;
  }

  Account& account(Kind kind) {
    return *std::find_if(ledger_.accounts.begin(), ledger_.accounts.end(),
                         [kind](const Account& one) { return one.plan.kind == kind; });
  }
  // One that has all that is asked for.
  template <typename Question>
  Account& account_with(Question question) {
    return *std::find_if(ledger_.accounts.begin(), ledger_.accounts.end(), question);
  }

  // Exactly this is found. Some falsifications break more than one thing.
  void expect_found(const std::string& words, std::size_t complaints = 1) {
    const auto found = audit(ledger_);
    EXPECT_EQ(found.size(), complaints) << testing::PrintToString(found);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const std::string& complaint) {
      return complaint.find(words) != std::string::npos;
    })) << testing::PrintToString(found);
  }

  Ledger ledger_;

 private:
  static inline Ledger* observed_ = nullptr;
};

TEST_F(Audit, what_nobody_harmed_is_right) {
  EXPECT_EQ(audit(ledger_), std::vector<std::string>());
  EXPECT_GE(ledger_.accounts.size(), 45u);
}

TEST_F(Audit, a_lost_byte_of_a_log_is_found) {
  for (auto& one : ledger_.accounts) one.followed.clear(), one.ran.clear();
  account(Kind::big).kept[1].erase(70'000, 1);
  expect_found("other from byte 70000");
}

TEST_F(Audit, a_changed_byte_of_the_error_stream_is_found) {
  Account& one = account(Kind::two_streams);
  one.followed.clear(), one.ran.clear();
  ASSERT_FALSE(one.kept[2].empty());
  one.kept[2].back() = '?';
  expect_found("log 2: ");
}

TEST_F(Audit, bytes_that_come_twice_are_found) {
  Account& one = account(Kind::pipeline);
  one.followed.clear(), one.ran.clear();
  one.kept[1] += one.kept[1].substr(one.kept[1].size() / 2);
  ASSERT_FALSE(one.kept[1].empty());
  expect_found("log 1: ");
}

TEST_F(Audit, an_end_that_is_missing_of_a_killed_job_is_found) {
  Account& one = account(Kind::killed);
  one.followed.clear(), one.ran.clear();
  one.kept[1].resize(one.noted[0][1].done - 1);
  expect_found("were written");
}

TEST_F(Audit, bytes_of_a_killed_job_that_nobody_wrote_are_found) {
  Account& one = account(Kind::killed);
  one.followed.clear(), one.ran.clear();
  one.kept[1] = Text{one.plan.seed, 1, 1}.beginning(one.noted[0][1].begun + 1);
  expect_found("were written");
}

TEST_F(Audit, a_follower_that_lacks_a_byte_is_found) {
  Account& one = account_with([](const Account& a) { return a.followed.count(1) && !a.followed.at(1).empty(); });
  one.followed[1].pop_back();
  expect_found("what the follower got");
}

TEST_F(Audit, a_piece_of_run_that_comes_twice_is_found) {
  Account& one = account_with([](const Account& a) { return a.ran.count(1) && !a.ran.at(1).empty(); });
  one.ran[1] += one.ran[1];
  expect_found("what Run got");
}

TEST_F(Audit, a_job_that_is_there_twice_is_found) {
  Account& one = account(Kind::code);
  one.listed.push_back(one.listed.front());
  expect_found("listed 2 times");
}

TEST_F(Audit, a_repeated_start_with_another_answer_is_found) {
  account(Kind::code).ids.insert("0");
  expect_found("answered with 2 ids", 3);
}

TEST_F(Audit, a_job_that_is_forgotten_is_found) {
  account(Kind::signal).listed.clear();
  expect_found("listed 0 times");
}

TEST_F(Audit, a_job_that_nobody_planned_is_found) {
  ledger_.strangers.emplace_back("0");
  expect_found("planned by nobody");
}

TEST_F(Audit, a_command_that_is_executed_twice_is_found) {
  ++account(Kind::code).starts;
  expect_found("was executed 2 times");
}

TEST_F(Audit, a_wrong_code_is_found) {
  Account& one = account(Kind::restarted);
  one.listed[0]["result"]["exits"][0]["code"] = 9;
  for (auto& [who, result] : one.results) result["exits"][0]["code"] = 9;
  expect_found("exits ", 2);
}

TEST_F(Audit, a_wrong_signal_is_found) {
  Account& one = account(Kind::signal);
  one.listed[0]["result"]["exits"][0] = {{"code", 0}};
  one.results.clear();
  expect_found("exits ", 2);
}

TEST_F(Audit, a_wrong_outcome_is_found) {
  Account& one = account(Kind::expiring);
  one.listed[0]["result"]["outcome"] = "lost";
  one.results.clear();
  expect_found("instead of lease_expired", 2);
}

TEST_F(Audit, a_wrong_number_of_attempts_is_found) {
  account(Kind::restarted).listed[0]["attempt"] = 1;
  expect_found("attempt 1 instead of ");
}

TEST_F(Audit, a_waiter_with_another_result_is_found) {
  Account& one = account(Kind::stopped);
  one.results.emplace_back("somebody", json::object());
  expect_found("somebody was told");
}

TEST_F(Audit, a_job_without_an_end_is_found) {
  account(Kind::timed).listed[0]["state"] = "running";
  expect_found("is running");
}

TEST_F(Audit, an_event_that_is_missing_is_found) {
  ledger_.queue_events.clear();
  std::erase_if(ledger_.events, [&](const json& event) { return event["job"].value("slice", "") == kQueue; });
  for (std::size_t i = 0; i < ledger_.events.size(); ++i) ledger_.events[i]["sequence"] = i;
  std::erase_if(ledger_.accounts, [](const Account& one) { return one.plan.kind == Kind::queued; });
  EXPECT_EQ(audit(ledger_), std::vector<std::string>());
  ledger_.events.erase(ledger_.events.begin() + 1);
  expect_found("event 2 follows event 0", 2);
}

TEST_F(Audit, an_event_that_comes_twice_is_found) {
  const auto ended = std::find_if(ledger_.events.begin(), ledger_.events.end(), [](const json& event) {
    return event["event"] == "ended" && event["job"].value("slice", "") != kQueue;
  });
  ledger_.events.insert(ended, json(*ended));
  expect_found("ended ended", 2);
}

TEST_F(Audit, an_overrun_is_found) {
  json overrun = ledger_.events.front();
  overrun["event"] = "overrun";
  overrun["sequence"] = overrun["sequence"].get<int>() - 1;
  overrun["job"]["id"] = "0";
  overrun["job"]["slice"] = "";
  ledger_.events.insert(ledger_.events.begin(), overrun);
  expect_found("overrun");
}

TEST_F(Audit, a_place_too_many_is_found) {
  for (int number = 0; number <= kPlaces; ++number) {
    json event = ledger_.events.back();
    event["sequence"] = event["sequence"].get<int>() + 1;
    event["event"] = "started";
    event["job"]["id"] = std::to_string(number);
    ledger_.events.push_back(event);
    ledger_.queue_events.push_back(event);
  }
  expect_found("more jobs than places");
}

TEST_F(Audit, a_subscriber_that_was_told_less_is_found) {
  ASSERT_FALSE(ledger_.queue_events.empty());
  ledger_.queue_events.pop_back();
  expect_found("the subscriber to a slice");
}

TEST_F(Audit, what_is_left_behind_is_found) {
  ledger_.after.processes = 1;
  ledger_.after.zombies = 1;
  ledger_.after.cgroups = {"/x.job"};
  ledger_.after.keeper_descriptors = ledger_.before.keeper_descriptors + 1;
  ledger_.after.supervisor_descriptors = ledger_.before.supervisor_descriptors + 1;
  ledger_.after.state.insert("register.new");
  ledger_.after.logs = {"0"};
  expect_found("register.new", 7);
}

TEST_F(Audit, after_the_death_of_a_keeper_what_is_lost_says_why) {
  ledger_.keeper_died = true;
  Account& one = account(Kind::code);
  one.results.clear();
  json& result = one.listed[0]["result"];
  result = {{"outcome", "lost"}, {"detail", "nobody reaped it"}, {"exits", json::array()}};
  for (auto& event : ledger_.events)
    if (event["event"] == "ended" && event["job"]["id"] == one.listed[0]["id"]) event["job"]["result"] = result;
  EXPECT_EQ(audit(ledger_), std::vector<std::string>());
  result["detail"] = "";
  expect_found("does not say why", 2);
  result["detail"] = "nobody reaped it";
  result["exits"] = {{{"code", 256}}};
  expect_found("is lost, with exits", 2);
}

TEST_F(Audit, after_the_death_of_a_keeper_a_log_may_lack_its_end_and_nothing_else) {
  ledger_.keeper_died = true;
  for (auto& one : ledger_.accounts) one.followed.clear(), one.ran.clear();
  Account& one = account(Kind::restarted);
  const Text first{one.plan.seed, 1, 1}, second{one.plan.seed, 2, 1};
  one.kept[1] = first.beginning(20) + second.beginning(10);
  EXPECT_EQ(audit(ledger_), std::vector<std::string>());
  one.kept[1] = first.beginning(20).substr(1) + second.beginning(10);
  expect_found("log 1: ");
}

}  // namespace
}  // namespace coppice::crash
