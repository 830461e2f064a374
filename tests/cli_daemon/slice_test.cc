// coppice slice, and what is seen of jobs that wait for theirs.
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Slice : public Daemon {
 protected:
  std::string state(const std::string& job) { return objects({"status", "--json", job}).at(0).at("state"); }
};

TEST_F(Slice, bounds_are_set_and_listed) {
  EXPECT_EQ(coppice({"slice", "list"}).output, "");
  const Ended set = coppice({"slice", "set", "ci", "--jobs", "1"});
  EXPECT_EQ(set.code, 0) << set.error;
  EXPECT_EQ(set.output, "");
  for (int i = 0; i < 3; ++i) start({"--slice", "ci/a", "--", "sleep", "1000"});
  EXPECT_EQ(coppice({"slice", "ls"}).output,
            "NAME  JOBS       LIVE  QUEUED\n"
            "ci    1          1     2\n"
            "ci/a  unlimited  1     2\n");
  EXPECT_EQ(objects({"slice", "list", "--json", "ci/a"}).at(0), (json{{"name", "ci/a"}, {"live", 1}, {"queued", 2}}));
  EXPECT_EQ(objects({"slice", "set", "ci", "--jobs", "unlimited", "--json"}).at(0),
            (json{{"name", "ci"}, {"live", 3}, {"queued", 0}}));
  const Ended wrong = coppice({"slice", "set", "/ci", "--jobs", "1"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_TRUE(contains(wrong.error, "names joined by '/'")) << wrong.error;
}

TEST_F(Slice, the_slice_of_all_has_the_empty_name) {
  ASSERT_EQ(coppice({"slice", "set", "", "--jobs", "1"}).code, 0);
  start({"--", "sleep", "1000"});
  EXPECT_EQ(state(start({"--", "sleep", "1000"})), "queued");
  EXPECT_EQ(coppice({"slice", "list"}).output, "NAME  JOBS  LIVE  QUEUED\n-     1     1     1\n");
}

TEST_F(Slice, a_daemon_serves_as_a_job_queue) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "1"}).code, 0);
  const Ended ended = shell("for n in 1 2 3 4 5 6 7 8; do $COPPICE start --slice ci -- sh -c \"echo $n >> $HOME/order\"; done"
                            " | xargs $COPPICE wait -q && cat $HOME/order");
  EXPECT_EQ(ended.output, "1\n2\n3\n4\n5\n6\n7\n8\n") << ended.error;
}

TEST_F(Slice, who_waits_is_seen_with_the_priority) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "1"}).code, 0);
  start({"--slice", "ci", "--", "sleep", "1000"});
  const std::string id = start({"--slice", "ci", "--priority", "5", "--", "sleep", "1000"});
  EXPECT_TRUE(contains(coppice({"ps"}).output, "queued (priority 5)"));
  const Ended status = coppice({"status", id});
  EXPECT_TRUE(contains(status.output, "queued")) << status.output;
  EXPECT_TRUE(contains(status.output, "Priority:    5")) << status.output;
  const Ended logs = coppice({"logs", id});
  EXPECT_EQ(logs.code, 1);
  EXPECT_TRUE(contains(logs.error, "has not started yet")) << logs.error;
  const Ended killed = coppice({"kill", id});
  EXPECT_EQ(killed.code, 0) << killed.error;
  EXPECT_TRUE(contains(killed.output, "was killed: it had not started")) << killed.output;
  EXPECT_EQ(coppice({"wait", "-q", id}).code, 137);
}

TEST_F(Slice, run_waits_for_its_turn_and_says_so_on_a_terminal_only) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "1"}).code, 0);
  const std::string first = start({"--slice", "ci", "--", "sleep", "1000"});
  const auto plain = begin({"run", "--slice", "ci", "--", "echo", "plain"});
  const auto watched = std::make_unique<Program>(
      Words{"/bin/sh", "-c", "exec script -qec \"$COPPICE run --slice ci -- echo watched\" /dev/null"}, environment);
  watched->await_output("is queued: slice ci runs 1 job of at most 1");
  coppice({"kill", first});
  const Ended told = watched->end();
  EXPECT_EQ(told.code, 0) << told.error;
  EXPECT_TRUE(contains(told.output, "watched\r\n")) << told.output;
  const Ended silent = plain->end();
  EXPECT_EQ(silent.code, 0);
  EXPECT_EQ(silent.output, "plain\n");
  EXPECT_EQ(silent.error, "");
}

TEST_F(Slice, an_interrupt_ends_a_run_that_waits) {
  ASSERT_EQ(coppice({"slice", "set", "ci", "--jobs", "1"}).code, 0);
  start({"--slice", "ci", "--", "sleep", "1000"});
  const auto run = begin({"run", "--name", "waits", "--slice", "ci", "--", "echo", "never"});
  while (coppice({"slice", "list", "--json", "ci"}).output.find("\"queued\":1") == std::string::npos) {
  }
  run->signal(SIGINT);
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 143);
  EXPECT_EQ(ended.output, "");
  EXPECT_TRUE(contains(ended.error, "was stopped: it had not started")) << ended.error;
  EXPECT_TRUE(contains(coppice({"slice", "list", "ci"}).output, "ci    1     1     0")) << ended.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
