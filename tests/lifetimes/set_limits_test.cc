// Limits that change while a job runs.
#include "tests/lifetimes/fixture.h"

namespace coppice::support {
namespace {

using namespace std::chrono_literals;

class SetLimits : public WithDaemon {
 protected:
  json of(const json& job, const json& limits) { return {{"job", ref(job)}, {"limits", limits}}; }
  void set(const json& job, const json& limits) { call(client(), "SetLimits", of(job, limits)); }
  Failure refusal(const json& job, const json& limits) { return failure(client(), "SetLimits", of(job, limits)); }
};

TEST_F(SetLimits, a_job_without_limits_can_get_one) {
  const json job = start(client(), spec({"sleep", "1000"}));
  set(job, {{"wallTime", 300}});
  EXPECT_EQ(job_now(job)["limits"], json({{"wallTime", 300}}));
  const json result = wait(client(), job);
  EXPECT_EQ(result["exceeded"], "wall_time");
  EXPECT_EQ(result["detail"], "ran longer than 300 ms");
}

TEST_F(SetLimits, a_limit_can_be_put_off_and_the_others_stay) {
  const json limits = {{"wallTime", 3000}, {"cpuTime", 60'000}};
  const json job = start(client(), with_limits(spec({"sleep", "1000"}), limits));
  set(job, {{"wallTime", 3'600'000}});
  EXPECT_EQ(job_now(job)["limits"], json({{"wallTime", 3'600'000}, {"cpuTime", 60'000}}));
  let_pass(4s);
  EXPECT_EQ(state_of(client(), job), "running");
  kill(client(), job);
}

TEST_F(SetLimits, a_limit_can_be_lifted_and_the_others_stay) {
  const json limits = {{"wallTime", 1500}, {"cpuTime", 60'000}};
  const json job = start(client(), with_limits(spec({"sleep", "1000"}), limits));
  call(client(), "SetLimits", {{"job", ref(job)}, {"limits", json::object()}, {"lift", {"wallTime"}}});
  EXPECT_EQ(job_now(job)["limits"], json({{"cpuTime", 60'000}}));
  let_pass(2s);
  EXPECT_EQ(state_of(client(), job), "running");
  call(client(), "SetLimits", {{"job", ref(job)}, {"limits", json::object()}, {"lift", {"cpuTime"}}});
  EXPECT_FALSE(job_now(job).contains("limits"));
  kill(client(), job);
}

TEST_F(SetLimits, what_cannot_be_lifted_is_refused_by_name) {
  const json job = start(client(), spec({"sleep", "1000"}));
  for (const char* name : {"rlimits", "wallTime"}) {
    const json parameters = {{"job", ref(job)}, {"limits", {{"wallTime", 60'000}}}, {"lift", {name}}};
    const Failure refused = failure(client(), "SetLimits", parameters);
    EXPECT_EQ(refused.name, "InvalidSpec");
    EXPECT_EQ(refused.parameters["field"], "lift");
  }
  EXPECT_FALSE(job_now(job).contains("limits"));
  kill(client(), job);
}

TEST_F(SetLimits, what_has_been_used_counts) {
  const json job = start(client(), spec({"sleep", "1000"}));
  let_pass(500ms);
  set(job, {{"silence", 100}});
  EXPECT_EQ(wait(client(), job)["exceeded"], "silence");
}

TEST_F(SetLimits, what_cannot_be_set_is_refused_by_name) {
  const json job = start(client(), spec({"sleep", "1000"}));
  const Failure fixed = refusal(job, {{"wallTime", 1}, {"rlimits", {{"nofile", {{"soft", 1}, {"hard", 1}}}}}});
  EXPECT_EQ(fixed.name, "LimitUnavailable");
  EXPECT_EQ(fixed.parameters["limit"], "rlimits");
  const Failure nothing = refusal(job, {{"wallTime", 0}});
  EXPECT_EQ(nothing.name, "InvalidSpec");
  EXPECT_EQ(nothing.parameters["field"], "limits.wallTime");
  EXPECT_EQ(state_of(client(), job), "running");
  kill(client(), job);
  EXPECT_EQ(refusal(job, {{"wallTime", 1}}).name, "WrongState");
}

TEST_F(SetLimits, silence_needs_an_output_that_is_captured) {
  json wanted = spec({"sleep", "1000"});
  wanted["output"] = {{"kind", "null"}};
  const json job = start(client(), wanted);
  EXPECT_EQ(refusal(job, {{"silence", 1000}}).parameters["limit"], "silence");
  kill(client(), job);
}

}  // namespace
}  // namespace coppice::support
