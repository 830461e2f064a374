// Jobs of several commands: a real daemon, real pipes.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

using Commands = std::vector<std::vector<std::string>>;

json pipeline(const Commands& commands) {
  json wanted = {{"commands", json::array()}, {"environment", {{"PATH", "/usr/bin:/bin"}}}};
  for (const auto& argv : commands) wanted["commands"].push_back({{"argv", argv}});
  return wanted;
}

std::vector<std::string> sh(const std::string& line) { return {"sh", "-c", line}; }

class Pipeline : public WithDaemon {
 protected:
  json result_of(const json& wanted) { return wait(client(), start(client(), wanted)); }

  std::string output_of(const json& wanted) {
    const json job = start(client(), wanted);
    wait(client(), job);
    return log_of(client(), job);
  }
};

TEST_F(Pipeline, what_the_left_one_writes_the_right_one_reads) {
  EXPECT_EQ(output_of(pipeline({{"seq", "1", "100000"}, {"sort", "-rn"}, {"head", "-2"}})), "100000\n99999\n");
}

TEST_F(Pipeline, the_input_is_the_first_ones_and_the_output_the_last_ones) {
  json wanted = pipeline({{"tr", "a", "b"}, {"tr", "b", "c"}});
  wanted["inputData"] = "YWFh";
  EXPECT_EQ(output_of(wanted), "ccc");
}

TEST_F(Pipeline, the_errors_of_all_go_where_the_output_goes) {
  EXPECT_EQ(output_of(pipeline({sh("echo left >&2; echo through"), sh("cat; echo right >&2")})),
            "left\nthrough\nright\n");
}

TEST_F(Pipeline, S3_each_command_has_its_three_streams_and_nothing_else) {
  // The fourth is the directory that ls itself reads.
  EXPECT_EQ(output_of(pipeline({sh("exec ls /proc/self/fd >&2"), sh("cat; exec ls /proc/self/fd")})),
            "0\n1\n2\n3\n0\n1\n2\n3\n");
}

TEST_F(Pipeline, X4_the_outcome_is_the_rightmost_failure_and_every_exit_is_told) {
  const json result = result_of(pipeline({sh("exit 3"), sh("exit 5"), sh("cat")}));
  EXPECT_EQ(result["outcome"], "failed");
  ASSERT_EQ(result["exits"].size(), 3u);
  EXPECT_EQ(result["exits"][0]["code"], 3);
  EXPECT_EQ(result["exits"][1]["code"], 5);
  EXPECT_EQ(result["exits"][2]["code"], 0);
}

TEST_F(Pipeline, X4_a_sigpipe_death_before_the_last_is_no_failure) {
  const json result = result_of(pipeline({{"yes"}, {"head", "-1"}}));
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGPIPE");
  EXPECT_EQ(result_of(pipeline({{"true"}, sh("kill -PIPE $$")}))["outcome"], "signaled");
}

TEST_F(Pipeline, S7_a_command_that_does_not_exist_takes_the_earlier_ones_along) {
  const std::string word = random_word();
  for (int round = 0; round < 20; ++round) {
    json wanted = pipeline({sh("setsid sleep 1000 & exec sleep 1000"), {"sleep", "1000"}, {"/no/such/program"}});
    wanted["environment"]["COPPICE_TEST"] = word;
    const Failure failed = failure(client(), "Start", {{"spec", wanted}});
    EXPECT_EQ(failed.name, "StartFailed");
    EXPECT_EQ(failed.parameters["command"], 2);
    EXPECT_EQ(failed.parameters["step"], "exec");
    EXPECT_EQ(failed.parameters["name"], "ENOENT");
    EXPECT_EQ(failed.parameters["path"], "/no/such/program");
    // Nothing is alive when the answer comes.
    EXPECT_TRUE(marked("COPPICE_TEST=" + word).empty());
  }
  EXPECT_TRUE(eventually([&] { return zombies_of(daemon_->keeper()).empty(); }));
  EXPECT_EQ(children_of(daemon_->keeper()), std::vector<pid_t>{daemon_->supervisor()});
}

TEST_F(Pipeline, S7_no_descriptor_is_left_by_failed_starts) {
  const json wanted = pipeline({{"sleep", "1000"}, {"/no/such/program"}});
  const auto fail = [&] { return failure(client(), "Start", {{"spec", wanted}}).name; };
  for (int round = 0; round < 3; ++round) EXPECT_EQ(fail(), "StartFailed");
  const std::size_t before = descriptors_of(daemon_->supervisor());
  const std::size_t kept = descriptors_of(daemon_->keeper());
  for (int round = 0; round < 30; ++round) EXPECT_EQ(fail(), "StartFailed");
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->supervisor()) <= before; }));
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->keeper()) <= kept; }));
}

TEST_F(Pipeline, a_stop_reaches_the_main_process_of_every_command) {
  const json job = start(client(), pipeline({sh("trap 'exit 4' TERM; echo a >&2; while :; do sleep 0.05; done"),
                                             sh("trap 'exit 6' TERM; echo b >&2; while :; do sleep 0.05; done")}));
  EXPECT_EQ(job["mainPids"].size(), 2u);
  ASSERT_TRUE(eventually([&] { return log_of(client(), job).size() == 4; }));
  const json answer = call(client(), "Stop", {{"job", ref(job)}});
  const json result = answer["results"][job["id"].get<std::string>()];
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["exits"][0]["code"], 4);
  EXPECT_EQ(result["exits"][1]["code"], 6);
}

TEST_F(Pipeline, K1_a_kill_ends_all_of_it) {
  const std::string word = random_word();
  json wanted = pipeline({sh("setsid sleep 1000 & exec yes"), {"cat"}, {"sleep", "1000"}});
  wanted["environment"]["COPPICE_TEST"] = word;
  const json job = start(client(), wanted);
  ASSERT_TRUE(eventually([&] { return marked("COPPICE_TEST=" + word).size() >= 4; }));
  const json answer = kill(client(), job);
  EXPECT_EQ(answer["results"][job["id"].get<std::string>()]["outcome"], "killed");
  EXPECT_GE(answer["killed"].size(), 4u);
  EXPECT_TRUE(marked("COPPICE_TEST=" + word).empty());
}

TEST_F(Pipeline, a_job_is_over_when_its_last_command_is) {
  // The right one ends at once; the left one goes on for as long as it likes.
  const json job = start(client(), pipeline({{"sleep", "1000"}, {"true"}}));
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}, {"timeout", 300}}).name, "TimedOut");
  EXPECT_EQ(kill(client(), job)["results"][job["id"].get<std::string>()]["outcome"], "killed");
}

TEST_F(Pipeline, sixty_four_commands_are_one_job) {
  Commands commands(63, {"cat"});
  commands.insert(commands.begin(), {"seq", "1", "10000"});
  commands.back() = {"tail", "-1"};
  EXPECT_EQ(output_of(pipeline(commands)), "10000\n");
}

}  // namespace
}  // namespace coppice::support
