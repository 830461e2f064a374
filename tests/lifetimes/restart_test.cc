// Jobs that are started again when they end.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/lifetimes/fixture.h"

namespace coppice::support {
namespace {

using namespace std::chrono_literals;

class Restarting : public WithDaemon {
 protected:
  json run(const json& wanted) { return wait(client(), start(client(), wanted)); }

  // A line of shell that counts its attempts in a file, tells which this is, and goes on as `then` says.
  std::string counting(const std::string& then) {
    const std::string file = daemon().folder() + "/attempts";
    return "echo x >> " + file + "; n=$(wc -l < " + file + "); echo attempt $n; " + then;
  }
};

json restarted(json wanted, const std::string& policy, const json& more = json::object()) {
  wanted["restart"] = {{"policy", policy}, {"delay", 20}};
  wanted["restart"].update(more);
  return wanted;
}

TEST_F(Restarting, on_failure_goes_on_until_success_in_one_log) {
  const json job =
      start(client(), restarted(shell(counting("[ $n -ge 4 ] && exit 0; exit 7")), "on_failure"));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["exits"].size(), 1u);
  EXPECT_EQ(log_of(client(), job), "attempt 1\nattempt 2\nattempt 3\nattempt 4\n");
  EXPECT_EQ(job_now(job)["attempt"], 4);
}

TEST_F(Restarting, attempts_are_bounded_and_the_last_one_is_told) {
  const json job = start(
      client(), restarted(shell(counting("exit $n")), "always", {{"maxAttempts", 3}}));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "failed");
  EXPECT_EQ(result["exits"][0]["code"], 3);
  EXPECT_EQ(log_of(client(), job), "attempt 1\nattempt 2\nattempt 3\n");
}

TEST_F(Restarting, never_and_success_under_on_failure_are_the_end) {
  EXPECT_EQ(run(restarted(shell("exit 7"), "never"))["outcome"], "failed");
  const json job = start(client(), restarted(shell("exit 0"), "on_failure"));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(job_now(job)["attempt"], 1);
}

TEST_F(Restarting, each_attempt_is_told_with_the_result_of_the_last) {
  varlink::Client watcher = daemon().connect();
  json wanted = restarted(shell(counting("exit $n")), "on_failure", {{"maxAttempts", 2}});
  wanted["labels"] = {{"watched", "yes"}};
  watcher.send("io.coppice.Jobs.Subscribe", {{"labels", {{"watched", "yes"}}}, {"since", 0}}, varlink::Mode::more);
  start(client(), wanted);
  std::vector<std::string> events;
  json restarting;
  while (events.empty() || events.back() != "ended") {
    const varlink::Reply reply = next_reply(watcher);
    reply.throw_if_failed();
    events.push_back(reply.parameters()["event"]);
    if (events.back() == "restarting") restarting = reply.parameters()["job"];
  }
  EXPECT_EQ(events, (std::vector<std::string>{"started", "ready", "restarting", "ready", "ended"}));
  EXPECT_EQ(restarting["state"], "starting");
  EXPECT_EQ(restarting["attempt"], 1);
  EXPECT_EQ(restarting["result"]["exits"][0]["code"], 1);
}

TEST_F(Restarting, K1_nothing_of_an_attempt_lives_on_in_the_next) {
  const std::string mark = random_word();
  json wanted = restarted(shell(counting("[ $n -ge 3 ] && exec sleep 1000; "
                                         "setsid sh -c \"trap '' TERM; while :; do sleep 0.05; done\" & exit 1")),
                          "on_failure");
  wanted["environment"] = {{"MARK", mark}, {"PATH", "/usr/bin:/bin"}};
  const json job = start(client(), wanted);
  ASSERT_TRUE(says(job, "attempt 3\n"));
  ASSERT_TRUE(eventually([&] { return marked("MARK=" + mark).size() == 1; }));
  kill(client(), job);
  EXPECT_TRUE(marked("MARK=" + mark).empty());
}

TEST_F(Restarting, a_stop_while_it_runs_is_the_end) {
  const json job = start(client(), restarted(shell("echo here; exec sleep 1000"), "always"));
  ASSERT_TRUE(says(job, "here\n"));
  call(client(), "Stop", {{"job", ref(job)}});
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(log_of(client(), job), "here\n");
}

TEST_F(Restarting, an_end_that_is_asked_for_between_two_attempts_comes_at_once) {
  for (const std::string method : {"Stop", "Kill"}) {
    const json job = start(client(), restarted(shell("exit 7"), "always", {{"delay", 3'600'000}}));
    ASSERT_TRUE(comes_to(job, "starting"));
    EXPECT_EQ(failure(client(), "Signal", {{"job", ref(job)}, {"signal", "TERM"}}).name, "WrongState");
    call(client(), method, {{"job", ref(job)}});
    const json result = wait(client(), job);
    EXPECT_EQ(result["outcome"], method == "Stop" ? "stopped" : "killed");
    EXPECT_EQ(result["detail"], "it waited for its next attempt");
    EXPECT_EQ(result["exits"][0]["code"], 7);
  }
}

TEST_F(Restarting, a_bond_holds_between_two_attempts) {
  Child other;
  json wanted = restarted(shell("exit 7"), "always", {{"delay", 3'600'000}});
  wanted["lifetime"] = {{"bound", "process"}, {"fd", 0}};
  const json job = start(client(), wanted, {other.pidfd()});
  ASSERT_TRUE(comes_to(job, "starting"));
  other.kill();
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], "the process that it was bound to has ended; it waited for its next attempt");
}

TEST_F(Restarting, a_limit_ends_one_attempt_and_counts_anew_for_the_next) {
  json wanted = restarted(shell(counting("[ $n -ge 3 ] && exit 0; exec sleep 1000")), "on_failure");
  const json job = start(client(), with_limits(wanted, {{"silence", 1000}, {"wallTime", 20'000}}));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_FALSE(result.contains("exceeded"));
  EXPECT_EQ(job_now(job)["attempt"], 3);
}

TEST_F(Restarting, a_limit_of_the_last_attempt_is_told) {
  const json wanted = restarted(spec({"sleep", "1000"}), "on_failure", {{"maxAttempts", 2}});
  const json result = run(with_limits(wanted, {{"wallTime", 200}}));
  EXPECT_EQ(result["outcome"], "timed_out");
  EXPECT_EQ(result["exceeded"], "wall_time");
}

TEST_F(Restarting, S5_a_first_attempt_that_cannot_be_started_is_refused) {
  const json wanted = restarted(spec({"/no/such/program"}), "always");
  EXPECT_EQ(failure(client(), "Start", {{"spec", wanted}}).name, "StartFailed");
}

TEST_F(Restarting, S5_a_later_attempt_that_cannot_be_started_is_a_failed_one) {
  const std::string program = daemon().folder() + "/program";
  const std::string body = "printf '#!/bin/sh\\nrm \"$0\"\\necho ran\\nexit 1\\n' > " + program + " && chmod 700 " + program;
  ASSERT_EQ(::system(body.c_str()), 0);
  const json job = start(client(), restarted(spec({program}), "on_failure", {{"maxAttempts", 3}}));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "start_failed");
  EXPECT_NE(result["detail"].get<std::string>().find("no such file"), std::string::npos) << result;
  EXPECT_TRUE(result["exits"].empty());
  EXPECT_EQ(job_now(job)["attempt"], 3);
  EXPECT_EQ(log_of(client(), job), "ran\n");
}

TEST_F(Restarting, input_data_is_there_for_each_attempt) {
  json wanted = restarted(shell("cat; exit 1"), "on_failure", {{"maxAttempts", 3}});
  wanted["inputData"] = "aW4K";
  const json job = start(client(), wanted);
  wait(client(), job);
  EXPECT_EQ(log_of(client(), job), "in\nin\nin\n");
}

TEST_F(Restarting, passed_descriptors_are_there_for_each_attempt_and_let_go_of_at_the_end) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const std::size_t before = descriptors_of(daemon().supervisor());
  json wanted = restarted(shell(counting("exit 1")), "on_failure", {{"maxAttempts", 3}});
  wanted["output"] = {{"kind", "fd"}, {"fd", 0}};
  const json job = start(client(), wanted, {writer.get()});
  writer.reset();
  std::string text;
  char buffer[256];
  // Until the daemon has closed its copy, too.
  for (ssize_t size = 0; (size = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(size));
  EXPECT_EQ(text, "attempt 1\nattempt 2\nattempt 3\n");
  wait(client(), job);
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon().supervisor()) <= before; }));
}

TEST_F(Restarting, files_are_emptied_once_and_read_by_each_attempt_from_their_beginning) {
  const std::string input = daemon().folder() + "/in";
  const std::string output = daemon().folder() + "/out";
  ASSERT_EQ(::system(("echo in > " + input + "; echo old > " + output).c_str()), 0);
  json wanted = restarted(shell("cat; exit 1"), "on_failure", {{"maxAttempts", 3}});
  wanted["input"] = {{"kind", "file"}, {"path", input}};
  wanted["output"] = {{"kind", "file"}, {"path", output}};
  run(wanted);
  EXPECT_EQ(read_text(output), "in\nin\nin\n");
}

TEST_F(Restarting, a_pipeline_is_restarted_as_a_whole) {
  json wanted = restarted(json::object(), "on_failure");
  wanted["commands"] = {{{"argv", {"sh", "-c", counting("exit 0")}}},
                        {{"argv", {"sh", "-c", "read word n; echo $word $n; [ $n -ge 3 ]"}}}};
  const json job = start(client(), wanted);
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["exits"].size(), 2u);
  EXPECT_EQ(log_of(client(), job), "attempt 1\nattempt 2\nattempt 3\n");
}

TEST_F(Restarting, D3_the_end_of_the_daemon_is_the_end_of_it) {
  start(client(), restarted(spec({"true"}), "always", {{"delay", 3'600'000}}));
  start(client(), restarted(spec({"sleep", "1000"}), "always"));
  EXPECT_EQ(daemon().end(), 0);
}

}  // namespace
}  // namespace coppice::support
