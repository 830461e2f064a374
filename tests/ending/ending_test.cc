// The way out of a job, step by step, and the receipt.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

class Ending : public WithDaemon {
 protected:
  // Once its log holds `text`.
  json start_and_see(const json& wanted, const std::string& text) {
    const json job = start(client(), wanted);
    EXPECT_TRUE(eventually([&] { return log_of(client(), job) == text; }));
    return job;
  }

  json stop(const json& job, const json& stopping = json::object()) {
    const json answer = call(client(), "Stop", {{"job", ref(job)}, {"stopping", stopping}});
    return answer["results"][job["id"].get<std::string>()];
  }
};

std::vector<std::string> stages_of(const json& result) {
  std::vector<std::string> names;
  std::int64_t last = result["startedAt"];
  for (const json& stage : result["stages"]) {
    EXPECT_GE(stage["at"], last) << result["stages"];
    last = stage["at"];
    names.push_back(stage["stage"]);
  }
  EXPECT_LE(last, result["endedAt"]);
  return names;
}

using Names = std::vector<std::string>;

std::size_t killed_in(const json& processes) {
  return static_cast<std::size_t>(std::ranges::count_if(
      processes, [](const json& process) { return process.value("killed", false); }));
}

TEST_F(Ending, each_stage_of_the_way_out_has_its_time) {
  EXPECT_EQ(stages_of(wait(client(), start(client(), spec({"true"})))), (Names{"empty", "drained"}));
  const json deaf = start_and_see(shell("trap '' TERM; echo here; while :; do sleep 0.05; done"), "here\n");
  EXPECT_EQ(stages_of(stop(deaf, {{"grace", 100}})), (Names{"stopping", "killing", "empty", "drained"}));
  const json polite = start_and_see(shell("trap 'exit 0' TERM; echo here; while :; do sleep 0.05; done"), "here\n");
  EXPECT_EQ(stages_of(stop(polite)), (Names{"stopping", "empty", "drained"}));
}

TEST_F(Ending, K3_a_receipt_tells_who_needed_sigkill) {
  const std::string deaf = "trap '' TERM; while :; do sleep 1000; done";
  json wanted = shell("(" + deaf + ") & echo here; exec sleep 1000");
  const json job = start_and_see(wanted, "here\n");
  ASSERT_TRUE(eventually([&] { return call(client(), "Processes", {{"job", ref(job)}})["processes"].size() == 3; }));
  const json result = stop(job, {{"grace", 300}, {"whom", "main"}});
  // The main process went by itself; the deaf shell and its sleep were left.
  ASSERT_EQ(result["found"].size(), 3u) << result["found"];
  EXPECT_EQ(killed_in(result["found"]), 2u) << result["found"];
  EXPECT_EQ(result["leftovers"].size(), 2u);
  for (const json& process : result["found"]) {
    EXPECT_FALSE(process["user"].get<std::string>().empty());
    EXPECT_FALSE(process["commandLine"].empty());
    EXPECT_GT(process["parent"], 0);
  }
}

// Several threads look at it.
TEST_F(Ending, K3_a_large_tree_is_listed_whole) {
  constexpr std::size_t kSleepers = 150;
  const std::string plant = "i=0; while [ $i -lt " + std::to_string(kSleepers) + " ]; do sleep 1000 & i=$((i+1)); done; ";
  const json job = start_and_see(shell(plant + "echo here; wait"), "here\n");
  const json killed = call(client(), "Kill", {{"job", ref(job)}})["killed"];
  ASSERT_EQ(killed.size(), kSleepers + 1);
  for (std::size_t i = 1; i < killed.size(); ++i) EXPECT_LT(killed[i - 1]["pid"], killed[i]["pid"]);
  const int shell_pid = job["mainPids"][0];
  const auto is_child = [&](const json& process) { return process["parent"] == shell_pid; };
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(killed, is_child)), kSleepers);
  for (const json& process : killed) EXPECT_FALSE(process["commandLine"].empty());
}

TEST_F(Ending, K7_what_nobody_asked_to_end_has_no_receipt_but_its_leftovers) {
  const json result = wait(client(), start(client(), shell("sleep 1000 & exit 0")));
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_TRUE(result["found"].empty());
  ASSERT_EQ(result["leftovers"].size(), 1u);
  EXPECT_EQ(result["leftovers"][0]["killed"], true);
}

TEST_F(Ending, a_stop_can_ask_every_process) {
  const json job = start_and_see(shell("trap 'wait; echo main; exit 0' TERM; "
                                       "(trap 'echo child; exit 0' TERM; echo here; while :; do sleep 0.05; done) & "
                                       "while :; do sleep 0.05; done"),
                                 "here\n");
  const json result = stop(job, {{"whom", "all"}});
  EXPECT_EQ(result["outcome"], "stopped");
  // The shell may also tell that a sleep of its was terminated.
  const std::string log = log_of(client(), job);
  EXPECT_NE(log.find("child\n"), log.npos) << log;
  EXPECT_NE(log.find("main\n"), log.npos) << log;
}

TEST_F(Ending, a_stop_may_name_another_signal) {
  const json job = start_and_see(shell("trap 'exit 9' USR1; echo here; while :; do sleep 0.05; done"), "here\n");
  EXPECT_EQ(stop(job, {{"signal", "SIGUSR1"}})["exits"][0]["code"], 9);
}

TEST_F(Ending, K7_the_grace_counts_for_leftovers_that_are_waited_for) {
  json wanted = shell("(trap '' TERM; echo deaf; while :; do sleep 0.05; done) & exit 0");
  wanted["stopping"] = {{"leftovers", "wait"}, {"grace", 100}};
  const json job = start_and_see(wanted, "deaf\n");
  const json result = stop(job);
  EXPECT_EQ(result["exits"][0]["code"], 0);
  EXPECT_GE(result["leftovers"].size(), 1u);
}

}  // namespace
}  // namespace coppice::support
