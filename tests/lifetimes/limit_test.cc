// Limits that the daemon watches: wall time, silence, CPU time.
#include "tests/lifetimes/fixture.h"

namespace coppice::support {
namespace {

using namespace std::chrono_literals;

class Limit : public WithDaemon {
 protected:
  json run(const json& wanted) { return wait(client(), start(client(), wanted)); }
};

std::int64_t duration_of(const json& result) {
  return result["endedAt"].get<std::int64_t>() - result["startedAt"].get<std::int64_t>();
}

void expect_exceeded(const json& result, const std::string& limit, const std::string& detail) {
  EXPECT_EQ(result["outcome"], "timed_out");
  EXPECT_EQ(result.value("exceeded", ""), limit);
  EXPECT_EQ(result.value("detail", ""), detail);
}

TEST_F(Limit, a_job_ends_when_its_wall_time_is_over) {
  const json result = run(with_limits(spec({"sleep", "1000"}), {{"wallTime", 400}}));
  expect_exceeded(result, "wall_time", "ran longer than 400 ms");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGTERM");
  EXPECT_GE(duration_of(result), 400'000);
}

TEST_F(Limit, K1_what_ignores_the_stop_is_killed_after_its_grace) {
  json wanted = with_limits(shell(kDeaf), {{"wallTime", 400}});
  wanted["stopping"] = {{"grace", 200}};
  const json result = run(wanted);
  expect_exceeded(result, "wall_time", "ran longer than 400 ms; killed after the grace period");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGKILL");
  EXPECT_GE(result["found"].size(), 2u);
}

TEST_F(Limit, K5_what_ends_in_time_has_exceeded_nothing) {
  const json limits = {{"wallTime", 60'000}, {"silence", 60'000}, {"cpuTime", 60'000}};
  const json result = run(with_limits(shell("echo x; exit 7"), limits));
  EXPECT_EQ(result["outcome"], "failed");
  EXPECT_FALSE(result.contains("exceeded"));
  EXPECT_FALSE(result.contains("detail"));
}

TEST_F(Limit, wall_time_goes_on_while_the_job_is_frozen) {
  const json job = start(client(), with_limits(spec({"sleep", "1000"}), {{"wallTime", 2000}}));
  call(client(), "Freeze", {{"job", ref(job)}});
  expect_exceeded(wait(client(), job), "wall_time", "ran longer than 2 s");
}

TEST_F(Limit, leftovers_that_are_waited_for_count) {
  json wanted = with_limits(shell("setsid sleep 1000 & exit 0"), {{"wallTime", 500}});
  wanted["stopping"] = {{"leftovers", "wait"}};
  const json result = run(wanted);
  expect_exceeded(result, "wall_time", "ran longer than 500 ms");
  EXPECT_EQ(result["exits"][0]["code"], 0);
}

TEST_F(Limit, output_puts_silence_off) {
  const json wanted =
      shell("i=0; while [ $i -lt 25 ]; do i=$((i+1)); echo line $i; sleep 0.2; done; exec sleep 1000");
  const json job = start(client(), with_limits(wanted, {{"silence", 2000}}));
  const json result = wait(client(), job);
  expect_exceeded(result, "silence", "wrote nothing for 2 s");
  const std::string log = log_of(client(), job);
  EXPECT_NE(log.find("line 25\n"), log.npos) << log;
  // 24 pauses between the lines, and the silence after them.
  EXPECT_GE(duration_of(result), 6'800'000);
}

TEST_F(Limit, output_on_either_stream_counts) {
  json wanted =
      shell("i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo line $i >&2; sleep 0.2; done; exec sleep 1000");
  wanted["error"] = {{"kind", "log"}};
  const json job = start(client(), with_limits(wanted, {{"silence", 2000}}));
  expect_exceeded(wait(client(), job), "silence", "wrote nothing for 2 s");
  const std::string log = log_of(client(), job, "error");
  EXPECT_NE(log.find("line 20\n"), log.npos) << log;
}

TEST_F(Limit, silence_stands_still_while_the_job_is_frozen) {
  const json job = start(client(), with_limits(spec({"sleep", "1000"}), {{"silence", 3000}}));
  call(client(), "Freeze", {{"job", ref(job)}});
  let_pass(4s);
  EXPECT_EQ(state_of(client(), job), "frozen");
  call(client(), "Thaw", {{"job", ref(job)}});
  const json result = wait(client(), job);
  expect_exceeded(result, "silence", "wrote nothing for 3 s");
  EXPECT_GE(duration_of(result), 7'000'000);
}

TEST_F(Limit, silence_needs_an_output_that_is_captured) {
  json wanted = with_limits(spec({"true"}), {{"silence", 1000}});
  wanted["output"] = {{"kind", "null"}};
  const Failure refused = failure(client(), "Start", {{"spec", wanted}});
  EXPECT_EQ(refused.name, "LimitUnavailable");
  EXPECT_EQ(refused.parameters["limit"], "silence");
}

// Each child uses little and ends; all together use a lot.
constexpr char kForkyBurner[] =
    "while :; do (i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done) & "
    "(i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done) & wait; done";

TEST_F(Limit, CPU_time_is_that_of_the_whole_tree_those_that_have_ended_included) {
  const json result = run(with_limits(shell(kForkyBurner), {{"cpuTime", 1000}}));
  expect_exceeded(result, "cpu_time", "used more than 1 s of CPU time");
  const json& usage = result["usage"];
  EXPECT_GE(usage["cpuUser"].get<std::int64_t>() + usage["cpuSystem"].get<std::int64_t>(), 1'000'000);
}

TEST_F(Limit, time_that_passes_is_no_CPU_time) {
  const json result = run(with_limits(spec({"sleep", "2"}), {{"cpuTime", 1000}}));
  EXPECT_EQ(result["outcome"], "succeeded");
}

TEST_F(Limit, the_limit_that_is_exceeded_first_is_told) {
  const json limits = {{"wallTime", 600'000}, {"silence", 600'000}, {"cpuTime", 300}};
  expect_exceeded(run(with_limits(shell("while :; do :; done"), limits)), "cpu_time",
                  "used more than 300 ms of CPU time");
}

TEST_F(Limit, limitsRequired_false_leaves_the_watched_ones_in_force) {
  json wanted = with_limits(spec({"sleep", "1000"}), {{"wallTime", 300}});
  wanted["limitsRequired"] = false;
  EXPECT_EQ(run(wanted)["outcome"], "timed_out");
}

}  // namespace
}  // namespace coppice::support
