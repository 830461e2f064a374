// coppice run with a daemon: streams, exit codes, interrupts.
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Run : public Daemon {};

TEST_F(Run, passes_its_own_streams) {
  Pipe input = make_pipe();
  ASSERT_EQ(::write(input.write.get(), "in\n", 3), 3);
  input.write.reset();
  const Ended ended = coppice({"run", "--", "sh", "-c", "cat; echo err >&2"}, std::move(input.read));
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output, "in\n");
  EXPECT_EQ(ended.error, "err\n");
}

TEST_F(Run, X3_exits_as_the_command_did) {
  EXPECT_EQ(coppice({"run", "--", "true"}).code, 0);
  const Ended failed = coppice({"run", "--", "sh", "-c", "exit 3"});
  EXPECT_EQ(failed.code, 3);
  EXPECT_EQ(failed.error, "");
}

TEST_F(Run, X5_a_signal_is_128_and_its_number_and_is_told) {
  const Ended ended = coppice({"run", "--", "sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(ended.code, 139);
  EXPECT_TRUE(contains(ended.error, "was ended by SIGSEGV")) << ended.error;
}

TEST_F(Run, S5_a_failed_start_is_told_with_its_step) {
  const Ended missing = coppice({"run", "--", "no-such-program"});
  EXPECT_EQ(missing.code, 127);
  EXPECT_TRUE(contains(missing.error, "no-such-program")) << missing.error;
  EXPECT_TRUE(contains(missing.error, "ENOENT")) << missing.error;
  const Ended folder_run = coppice({"run", "--", "/"});
  EXPECT_EQ(folder_run.code, 126);
  EXPECT_TRUE(contains(folder_run.error, "EACCES")) << folder_run.error;
  const Ended nowhere = coppice({"run", "--dir", "/no/such/folder", "--", "true"});
  EXPECT_EQ(nowhere.code, 125);
  EXPECT_TRUE(contains(nowhere.error, "/no/such/folder")) << nowhere.error;
  EXPECT_EQ(coppice({"run", "--", "sh", "-c", "exit 127"}).error, "");
}

TEST_F(Run, streams_can_be_files_of_the_callers_directory) {
  const Ended ended =
      shell("cd " + folder() + " && echo given > in && $COPPICE run --input ./in --output file:out -- "
            "sh -c 'cat; echo err >&2' && $COPPICE run --output ./out --append -- echo more && cat out");
  EXPECT_EQ(ended.output, "given\nmore\n");
  EXPECT_EQ(ended.error, "err\n");
  const Ended refused = coppice({"run", "--output", "/no/such/folder/out", "--", "true"});
  EXPECT_EQ(refused.code, 125);
  EXPECT_TRUE(contains(refused.error, "output \"/no/such/folder/out\"")) << refused.error;
}

TEST_F(Run, a_root_and_groups_arrive) {
  const Ended nowhere = coppice({"run", "--root", "/no/such/folder", "--", "true"});
  EXPECT_TRUE(contains(nowhere.error, "root \"/no/such/folder\"")) << nowhere.error;
  const Ended ended = coppice({"run", "--supplementary-group", "7", "--supplementary-group", "5",
                               "--oom-score-adjust", "3", "--", "sh", "-c",
                               "grep ^Groups /proc/self/status; cat /proc/self/oom_score_adj"});
  EXPECT_TRUE(contains(ended.output, "5 7")) << ended.output;
  EXPECT_TRUE(contains(ended.output, "\n3\n")) << ended.output;
}

TEST_F(Run, the_job_has_the_callers_directory_environment_and_mask) {
  set("COLOUR", "green");
  const Ended ended = shell("cd / && umask 027 && $COPPICE run -- sh -c 'pwd; umask; echo $COLOUR'");
  EXPECT_EQ(ended.output, "/\n0027\ngreen\n") << ended.error;
}

TEST_F(Run, options_shape_the_process) {
  set("KEPT", "yes");
  const Ended ended = coppice({"run", "--clear-env", "--env", "KEPT", "--env", "PATH", "--env", "A=b c", "--dir",
                               "/usr", "--umask", "077", "--nice", "5", "--rlimit", "nofile=64", "--", "sh",
                               "-c", "pwd; umask; nice; ulimit -n; echo $KEPT $A${HOME}"});
  EXPECT_EQ(ended.output, "/usr\n0077\n5\n64\nyes b c\n") << ended.error;
}

TEST_F(Run, O3_a_command_that_does_not_read_its_input_is_no_error) {
  const Ended ended = shell("yes | $COPPICE run -- true");
  EXPECT_EQ(ended.code, 0) << ended.error;
}

TEST_F(Run, K7_leftovers_are_killed_and_told_and_hold_no_pipe) {
  const Ended ended = shell("$COPPICE run -- sh -c 'sleep 1000 & echo hi' | cat");
  EXPECT_EQ(ended.output, "hi\n");
  EXPECT_TRUE(contains(ended.error, "killed 1 process that outlived the command")) << ended.error;
  EXPECT_TRUE(contains(ended.error, "sleep 1000")) << ended.error;
  const Ended quiet = coppice({"run", "-q", "--", "sh", "-c", "sleep 1000 &"});
  EXPECT_EQ(quiet.code, 0);
  EXPECT_EQ(quiet.error, "");
}

TEST_F(Run, K7_leftovers_may_be_waited_for) {
  const Ended ended = coppice({"run", "--leftovers", "wait", "--", "sh", "-c", "(sleep 0.2; echo late) & echo first"});
  EXPECT_EQ(ended.output, "first\nlate\n");
  EXPECT_EQ(ended.code, 0) << ended.error;
}

TEST_F(Run, an_interrupt_stops_the_job_politely) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const auto run = begin({"run", "--", "sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"});
    run->await_output("up");
    run->signal(number);
    const Ended ended = run->end();
    EXPECT_EQ(ended.code, 7) << ended.error;
    EXPECT_EQ(ended.output, "up\nbye\n");
    EXPECT_TRUE(contains(ended.error, "once more kills it")) << ended.error;
  }
}

TEST_F(Run, a_stop_that_the_command_answers_with_0_is_no_success) {
  const auto run = begin({"run", "--", "sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"});
  run->await_output("up");
  run->signal(SIGINT);
  EXPECT_EQ(run->end().code, 143);
}

TEST_F(Run, a_second_interrupt_kills_what_ignores_the_first) {
  const auto run = begin({"run", "--name", "deaf", "--grace", "1h", "--", "sh", "-c",
                          "trap '' TERM; (trap '' TERM; setsid sleep 1000) & echo up; while :; do sleep 0.05; done"});
  run->await_output("up");
  run->signal(SIGINT);
  run->await_error("once more kills it");
  run->signal(SIGINT);
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 137) << ended.error;
  EXPECT_TRUE(contains(ended.error, "killing deaf")) << ended.error;
  EXPECT_TRUE(objects({"ps", "--json"}).empty());
}

TEST_F(Run, what_the_caller_ignores_stays_ignored) {
  Pipe input = make_pipe();
  Program run({"/bin/sh", "-c", "trap '' HUP; exec $COPPICE run -- sh -c 'echo up; read line; echo $line'"},
              environment, std::move(input.read));
  run.await_output("up");
  run.signal(SIGHUP);
  ASSERT_EQ(::write(input.write.get(), "on\n", 3), 3);
  const Ended ended = run.end();
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(ended.output, "up\non\n");
  EXPECT_EQ(ended.error, "");
}

TEST_F(Run, a_job_ends_with_its_client) {
  const auto run = begin({"run", "--name", "bound", "--", "sh", "-c", "setsid sleep 1000 & echo up; wait"});
  run->await_output("up");
  run->signal(SIGKILL);
  EXPECT_EQ(run->end().code, 137);
  const Ended waited = coppice({"wait", "--timeout", "60s", "bound"});
  EXPECT_NE(waited.code, 0);
  EXPECT_NE(waited.code, 124) << waited.output << waited.error;
}

TEST_F(Run, detach_prints_the_id_and_leaves) {
  const Ended ended = coppice({"run", "-d", "--name", "free", "--", "sleep", "1000"});
  EXPECT_EQ(ended.output.size(), 27u);
  EXPECT_EQ(objects({"status", "--json", "free"}).at(0).at("state"), "running");
}

TEST_F(Run, json_tells_the_job_on_standard_error) {
  const Ended ended = coppice({"run", "--json", "--name", "told", "--", "sh", "-c", "echo out; exit 2"});
  EXPECT_EQ(ended.output, "out\n");
  const auto job = nlohmann::json::parse(ended.error);
  EXPECT_EQ(job.at("name"), "told");
  EXPECT_EQ(job.at("result").at("outcome"), "failed");
  EXPECT_EQ(ended.code, 2);
}

TEST_F(Run, closed_streams_are_no_trouble) {
  const Ended ended = shell("$COPPICE run -- sh -c 'exit 4' <&- >&- 2>&-");
  EXPECT_EQ(ended.code, 4);
}

TEST_F(Run, a_name_that_is_taken_is_told_with_the_remedy) {
  const std::string id = start({"--name", "web", "--", "sleep", "1000"});
  const Ended ended = coppice({"run", "--name", "web", "--", "true"});
  EXPECT_EQ(ended.code, 125);
  EXPECT_TRUE(contains(ended.error, id)) << ended.error;
  EXPECT_TRUE(contains(ended.error, "choose another")) << ended.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
