// coppice explain, coppice limit, limits of jobs and slices, and coppice top. Where the kernel's controllers are missing,
// that is what is tested: how it is told. tests/host has the cases for hosts that have them.
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class Limits : public Daemon {
 protected:
  std::map<std::string, json> facts() {
    std::map<std::string, json> all;
    for (const json& fact : objects({"explain", "--json"})) all[fact.at("name")] = fact;
    return all;
  }
  // Whether that controller works here.
  bool works(const std::string& controller) { return facts().at("controller." + controller).at("state") == "working"; }
  json job(const std::string& id) { return objects({"status", "--json", id}).at(0); }
};

TEST_F(Limits, explain_tells_of_every_controller_and_how_to_have_those_that_are_missing) {
  const auto all = facts();
  EXPECT_EQ(all.at("cgroup").at("state"), "working");
  EXPECT_TRUE(contains(all.at("cgroup").at("detail"), "/coppice-"));
  for (const char* name : {"cpu", "io", "memory", "pids"}) {
    const json& fact = all.at(std::string("controller.") + name);
    EXPECT_EQ(fact.contains("remedy"), fact.at("state") == "missing") << fact;
    EXPECT_NE(fact.at("detail"), "") << fact;
  }
  for (const char* name : {"kernel.cgroup.freeze", "kernel.cgroup.kill", "kernel.clone3", "kernel.pidfs", "kernel.pidfd_exit",
                           "containment.cgroup", "cgroup.delegation"})
    EXPECT_TRUE(all.contains(name)) << name;
}

TEST_F(Limits, explain_is_text_for_people_without_json) {
  const Ended told = coppice({"explain"});
  EXPECT_EQ(told.code, 0) << told.error;
  EXPECT_TRUE(told.output.starts_with("yes  cgroup                    version 2, our jobs are in \"")) << told.output;
  EXPECT_TRUE(contains(told.output, "controller.memory")) << told.output;
  EXPECT_EQ(contains(told.output, "to have it: "), contains(told.output, "no   ")) << told.output;
}

TEST_F(Limits, a_job_whose_limit_cannot_be_set_is_refused_with_the_controller_the_file_and_the_remedy) {
  if (works("memory")) GTEST_SKIP() << "the controller memory works here";
  const Ended refused = coppice({"run", "--memory-max", "64M", "--", "true"});
  EXPECT_EQ(refused.code, 125);
  for (const char* part : {"memoryMax", "memory.max needs the controller memory", "does not work here: "})
    EXPECT_TRUE(contains(refused.error, part)) << refused.error;
  EXPECT_TRUE(contains(refused.error, facts().at("controller.memory").at("remedy"))) << refused.error;
}

TEST_F(Limits, a_job_that_may_go_without_runs_and_says_what_it_lacks) {
  if (works("memory") || works("pids")) GTEST_SKIP() << "the controllers memory and pids work here";
  const std::string id = start({"--memory-max", "64M", "--processes-max", "5", "--timeout", "1h", "--limits-optional", "--", "sleep", "1000"});
  EXPECT_EQ(job(id).at("lacking"), (json{"memoryMax", "processesMax"}));
  const Ended status = coppice({"status", id});
  EXPECT_TRUE(contains(status.output, "Limits:      memory 64.0 MiB, processes 5, wall time 1h\n")) << status.output;
  EXPECT_TRUE(contains(status.output, "Lacks:       memoryMax, processesMax (coppice explain tells why)\n")) << status.output;
  coppice({"kill", id});
  EXPECT_EQ(job(id).at("lacking"), (json{"memoryMax", "processesMax"}));
  EXPECT_FALSE(job(id).at("result").at("usage").contains("memoryPeak"));
}

TEST_F(Limits, what_it_lacks_is_known_after_a_restart_of_the_supervisor) {
  if (works("memory")) GTEST_SKIP() << "the controller memory works here";
  const std::string id = start({"--memory-max", "64M", "--limits-optional", "--", "sleep", "1000"});
  const auto supervisor = supervisor_of(keeper());
  ASSERT_TRUE(supervisor);
  ASSERT_EQ(::kill(*supervisor, SIGKILL), 0);
  EXPECT_EQ(job(id).at("lacking"), json{"memoryMax"});
}

TEST_F(Limits, limit_sets_and_lifts_those_of_a_job_that_runs) {
  const std::string id = start({"--timeout", "1h", "--silence", "2h", "--", "sleep", "1000"});
  const Ended set = coppice({"limit", id, "--timeout", "unlimited", "--cpu-time", "10m"});
  EXPECT_EQ(set.code, 0) << set.error;
  EXPECT_EQ(job(id).at("limits"), (json{{"silence", 7'200'000}, {"cpuTime", 600'000}}));
  if (works("cpu")) return;
  const Ended refused = coppice({"limit", id, "--cpu-max", "0.5", "--timeout", "1s"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(contains(refused.error, "cpu.max needs the controller cpu")) << refused.error;
  EXPECT_EQ(job(id).at("limits"), (json{{"silence", 7'200'000}, {"cpuTime", 600'000}}));
}

TEST_F(Limits, a_slice_whose_limit_cannot_be_set_stays_as_it_is) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "3"}).code, 0);
  const Ended set = coppice({"slice", "set", "ci", "--memory-max", "64M"});
  const json slice = objects({"slice", "list", "--json", "ci"}).at(0);
  EXPECT_EQ(slice.at("maxJobs"), 3);
  EXPECT_EQ(slice.contains("limits"), works("memory"));
  EXPECT_EQ(set.code, works("memory") ? 0 : 1) << set.error;
  EXPECT_EQ(contains(set.error, "needs the controller memory"), !works("memory")) << set.error;
}

TEST_F(Limits, the_slice_of_all_takes_none) {
  const Ended set = coppice({"slice", "set", "", "--cpu-max", "1"});
  EXPECT_EQ(set.code, 1);
  EXPECT_TRUE(contains(set.error, "the daemon is in its cgroup too")) << set.error;
}

TEST_F(Limits, lifting_what_a_slice_has_not_leaves_its_jobs_and_bound) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "3"}).code, 0);
  ASSERT_EQ(coppice({"slice", "set", "ci", "--memory-max", "unlimited"}).code, 0);
  EXPECT_EQ(objects({"slice", "list", "--json", "ci"}).at(0), (json{{"name", "ci"}, {"maxJobs", 3}, {"live", 0}, {"queued", 0}}));
}

constexpr char kBurner[] = "while :; do :; done";

TEST_F(Limits, top_prints_one_picture_where_no_terminal_is_and_the_busiest_first) {
  start({"--name", "idle", "--", "sleep", "1000"});
  start({"--name", "busy", "--slice", "ci/build", "--", "sh", "-c", kBurner});
  const Ended top = coppice({"top"});
  EXPECT_EQ(top.code, 0) << top.error;
  EXPECT_TRUE(top.output.starts_with("JOB   SLICE     STATE       CPU%")) << top.output;
  const auto busy = top.output.find("\nbusy  ci/build  running");
  const auto idle = top.output.find("\nidle  -         running      0.0");
  EXPECT_NE(busy, std::string::npos) << top.output;
  EXPECT_NE(idle, std::string::npos) << top.output;
  EXPECT_LT(busy, idle);
  EXPECT_FALSE(contains(top.output, "\033")) << top.output;
}

TEST_F(Limits, top_sorts_by_name_and_draws_the_tree_of_slices) {
  start({"--name", "b", "--", "sleep", "1000"});
  start({"--name", "a", "--slice", "ci", "--", "sleep", "1000"});
  const Ended named = coppice({"top", "--sort", "name", "--interval", "100ms"});
  EXPECT_LT(named.output.find("\na "), named.output.find("\nb ")) << named.output;
  const Ended tree = coppice({"top", "--tree", "--once", "--interval", "100ms"});
  EXPECT_TRUE(contains(tree.output, "\nb ")) << tree.output;
  EXPECT_TRUE(contains(tree.output, "\nci/ ")) << tree.output;
  EXPECT_TRUE(contains(tree.output, "\n  a ")) << tree.output;
  const Ended slice = coppice({"top", "--slice", "ci", "--interval", "100ms"});
  EXPECT_FALSE(contains(slice.output, "\nb ")) << slice.output;
}

TEST_F(Limits, top_has_the_objects_of_the_API_and_no_figure_that_nobody_measures) {
  start({"--name", "busy", "--", "sh", "-c", kBurner});
  const json busy = objects({"top", "--json", "--interval", "200ms"}).at(0);
  EXPECT_GT(busy.at("cpuPercent"), 1.0) << busy;
  const json& usage = busy.at("job").at("usage");
  EXPECT_GT(usage.at("cpuUser").get<std::int64_t>() + usage.at("cpuSystem").get<std::int64_t>(), 0) << busy;
  EXPECT_EQ(usage.contains("memoryNow"), works("memory")) << busy;
  EXPECT_EQ(usage.contains("processesNow"), works("pids")) << busy;
  EXPECT_EQ(busy.contains("ioPerSecond"), works("io")) << busy;
}

TEST_F(Limits, top_without_jobs_prints_nothing) {
  const Ended top = coppice({"top", "--interval", "100ms"});
  EXPECT_EQ(top.code, 0) << top.error;
  EXPECT_EQ(top.output, "");
}

class Explain : public Place {};

TEST_F(Explain, without_a_daemon_starts_one_that_finds_out) {
  if (const std::string missing = missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
  const Ended told = coppice({"explain"});
  EXPECT_EQ(told.code, 0) << told.error;
  EXPECT_TRUE(contains(told.output, "containment.cgroup")) << told.output;
  EXPECT_TRUE(daemon_pid());
}

}  // namespace
}  // namespace coppice::cli_daemon
