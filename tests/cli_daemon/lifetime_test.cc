// Jobs that end although nobody asks: limits, leases, and the process that a job is bound to.
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Lifetimes : public Daemon {
 protected:
  nlohmann::json status(const std::string& job) const { return objects({"status", "--json", job}).at(0); }
};

TEST_F(Lifetimes, a_timeout_exits_as_timeout_does_and_says_which_limit) {
  const Ended ended = coppice({"run", "--timeout", "300ms", "--", "sleep", "1000"});
  EXPECT_EQ(ended.code, 124);
  EXPECT_TRUE(contains(ended.error, "ran longer than 300 ms")) << ended.error;
}

TEST_F(Lifetimes, silence_ends_a_run_whose_output_is_passed_on) {
  const Ended ended =
      coppice({"run", "--silence", "2s", "--", "sh", "-c", "echo out; echo err >&2; exec sleep 1000"});
  EXPECT_EQ(ended.code, 124);
  EXPECT_EQ(ended.output, "out\n");
  EXPECT_TRUE(contains(ended.error, "err\n")) << ended.error;
  EXPECT_TRUE(contains(ended.error, "wrote nothing for 2 s")) << ended.error;
}

TEST_F(Lifetimes, output_that_is_passed_on_is_whole) {
  const Ended ended = shell("$COPPICE run --silence 60s -- seq 300000 | { sleep 0.5; md5sum; }; seq 300000 | md5sum");
  const std::size_t half = ended.output.find('\n') + 1;
  EXPECT_EQ(ended.output.substr(0, half), ended.output.substr(half)) << ended.output << ended.error;
  EXPECT_EQ(half, 36u) << ended.output;
}

TEST_F(Lifetimes, a_reader_of_output_that_left_ends_nothing) {
  const Ended ended = shell("{ $COPPICE run --silence 60s -- sh -c 'seq 300000; exit 5'; echo $? >&2; } | head -n 1");
  EXPECT_EQ(ended.output, "1\n");
  EXPECT_EQ(ended.error, "5\n");
}

TEST_F(Lifetimes, CPU_time_ends_a_job) {
  const std::string id = start({"--cpu-time", "300ms", "--", "sh", "-c", "while :; do :; done"});
  const Ended waited = coppice({"wait", id});
  EXPECT_EQ(waited.code, 124);
  EXPECT_TRUE(contains(waited.output, "used more than 300 ms of CPU time")) << waited.output;
}

TEST_F(Lifetimes, a_lease_is_renewed_and_told) {
  start({"--name", "leased", "--lease", "1h", "--timeout", "2h", "--", "sleep", "1000"});
  const std::int64_t before = status("leased").at("expiresAt");
  EXPECT_TRUE(contains(coppice({"renew", "leased"}).output, "the lease of leased runs until"));
  const auto renewed = objects({"renew", "--json", "leased"});
  EXPECT_GT(renewed.at(0).at("expiresAt"), before);
  EXPECT_EQ(coppice({"renew", "-q", "leased"}).output, "");
  const std::string told = coppice({"status", "leased"}).output;
  EXPECT_TRUE(contains(told, "Lease until:")) << told;
  EXPECT_TRUE(contains(told, "wall time 2h")) << told;
}

TEST_F(Lifetimes, a_lease_that_is_not_renewed_ends_the_job) {
  const std::string id = start({"--lease", "300ms", "--", "sleep", "1000"});
  const Ended waited = coppice({"wait", id});
  EXPECT_EQ(waited.code, 143);
  EXPECT_TRUE(contains(waited.output, "its lease was not renewed for 300 ms")) << waited.output;
}

TEST_F(Lifetimes, what_has_no_lease_is_told) {
  start({"--name", "free", "--", "sleep", "1000"});
  const Ended ended = coppice({"renew", "free"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(contains(ended.error, "no lease")) << ended.error;
}

TEST_F(Lifetimes, a_job_ends_with_the_process_that_it_was_bound_to) {
  Program other({"/bin/sleep", "1000"}, environment);
  const std::string id = start({"--until-exit-of", std::to_string(other.pid()), "--", "sleep", "1000"});
  EXPECT_EQ(status(id).at("state"), "running");
  other.signal(SIGKILL);
  const Ended waited = coppice({"wait", id});
  EXPECT_EQ(waited.code, 143);
  EXPECT_TRUE(contains(waited.output, "the process that it was bound to has ended")) << waited.output;
  EXPECT_EQ(other.end().code, 137);
}

TEST_F(Lifetimes, a_run_can_be_bound_to_a_process) {
  Program other({"/bin/sleep", "1000"}, environment);
  const auto run = begin({"run", "--until-exit-of", std::to_string(other.pid()), "--", "sh", "-c",
                          "echo up; exec sleep 1000"});
  run->await_output("up");
  other.signal(SIGKILL);
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 143);
  EXPECT_TRUE(contains(ended.error, "the process that it was bound to has ended")) << ended.error;
  EXPECT_EQ(other.end().code, 137);
}

TEST_F(Lifetimes, a_job_is_started_again_until_it_succeeds) {
  const std::string file = folder() + "/attempts";
  const std::string line = "echo x >> " + file + "; n=$(wc -l < " + file + "); echo attempt $n; [ $n -ge 3 ]";
  const Ended ended =
      coppice({"run", "--name", "again", "--restart", "on-failure", "--restart-delay", "20ms", "--", "sh", "-c", line});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(ended.output, "attempt 1\nattempt 2\nattempt 3\n");
  const std::string told = coppice({"status", "again"}).output;
  EXPECT_TRUE(contains(told, "Attempt:     3")) << told;
}

TEST_F(Lifetimes, a_process_that_is_not_there_is_told) {
  const Ended ended = shell("sleep 0 & gone=$!; wait; $COPPICE run --until-exit-of $gone -- true");
  EXPECT_EQ(ended.code, 125);
  EXPECT_TRUE(contains(ended.error, "no such process")) << ended.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
