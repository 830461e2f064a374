// The commands that look at jobs and end them, with a daemon.
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using nlohmann::json;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Control : public Daemon {
 protected:
  // Follows a job's log until it contains `text`.
  void await_log(const std::string& job, const std::string& text) {
    const auto logs = begin({"logs", "-f", job});
    logs->await_output(text);
  }
};

TEST_F(Control, a_job_goes_from_start_to_result) {
  const std::string id = start({"--name", "build", "--slice", "ci/one", "--label", "branch=main", "--", "sh", "-c",
                                "echo hello; echo oops >&2; exit 3"});
  ASSERT_EQ(id.size(), 26u);
  const Ended waited = coppice({"wait", "build", id});
  EXPECT_EQ(waited.code, 3);
  EXPECT_TRUE(contains(waited.output, "failed with exit code 3")) << waited.output << waited.error;
  EXPECT_EQ(coppice({"logs", id}).output, "hello\noops\n");
  const Ended status = coppice({"status", id});
  for (const char* part : {"build", "ci/one", "branch=main", "failed with exit code 3", "sh -c"})
    EXPECT_TRUE(contains(status.output, part)) << part << "\n" << status.output;
  const json result = objects({"wait", "--json", id}).at(0);
  EXPECT_EQ(result.at("outcome"), "failed");
  EXPECT_EQ(result.at("exits").at(0).at("code"), 3);
}

TEST_F(Control, ps_lists_live_jobs_and_with_a_all) {
  const std::string live = start({"--name", "live", "--", "sleep", "1000"});
  const std::string over = start({"--name", "over", "--", "true"});
  ASSERT_EQ(coppice({"wait", over}).code, 0);
  const Ended ps = coppice({"ps"});
  EXPECT_TRUE(contains(ps.output, live)) << ps.output;
  EXPECT_FALSE(contains(ps.output, over)) << ps.output;
  const Ended all = coppice({"ps", "-a"});
  EXPECT_TRUE(contains(all.output, live) && contains(all.output, over)) << all.output;
  EXPECT_TRUE(contains(all.output, "succeeded")) << all.output;
  EXPECT_FALSE(contains(all.output, "\033")) << all.output;
  const auto jobs = objects({"ps", "--json"});
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0].at("id"), live);
}

TEST_F(Control, ps_of_nothing_is_silent) {
  const Ended ps = coppice({"ps"});
  EXPECT_EQ(ps.code, 0);
  EXPECT_EQ(ps.output + ps.error, "");
}

TEST_F(Control, jobs_are_found_by_the_beginning_of_an_id_and_by_the_name_of_one_that_ended) {
  const std::string id = start({"--name", "Zed", "--", "true"});
  ASSERT_EQ(coppice({"wait", id}).code, 0);
  EXPECT_EQ(objects({"status", "--json", id.substr(0, 25)}).at(0).at("id"), id);
  EXPECT_EQ(objects({"status", "--json", "Zed"}).at(0).at("id"), id);
  const std::string other = start({"--", "true"});
  const Ended ambiguous = coppice({"status", id.substr(0, 3)});
  EXPECT_EQ(ambiguous.code, 1);
  EXPECT_TRUE(contains(ambiguous.error, other)) << ambiguous.error;
}

TEST_F(Control, a_job_that_is_not_there_is_told) {
  for (const char* command : {"status", "wait", "logs", "stop", "kill", "freeze", "thaw", "tree", "rm"}) {
    const Ended ended = coppice({command, "nobody"});
    EXPECT_EQ(ended.code, std::string(command) == "wait" ? 125 : 1) << command;
    EXPECT_TRUE(contains(ended.error, "there is no job \"nobody\"")) << command << ": " << ended.error;
  }
  EXPECT_EQ(coppice({"kill", "--slice", "none"}).code, 1);
}

TEST_F(Control, logs_follow_until_the_end) {
  const std::string id = start({"--name", "talk", "--", "sh", "-c", "echo one; sleep 0.3; echo two"});
  EXPECT_EQ(coppice({"logs", "-f", "talk"}).output, "one\ntwo\n");
  EXPECT_EQ(coppice({"logs", "--offset", "-4", id}).output, "two\n");
  std::string data;
  for (const json& piece : objects({"logs", "--json", id})) data += piece.at("data").get<std::string>();
  EXPECT_EQ(data, "b25lCnR3bwo=");
}

TEST_F(Control, logs_begin_with_the_last_lines_or_at_a_time) {
  const std::string id = start({"--error", "log", "--", "sh", "-c", "seq 5; echo oops >&2"});
  ASSERT_EQ(coppice({"wait", id}).code, 0);
  EXPECT_EQ(coppice({"logs", "--tail", "2", id}).output, "4\n5\n");
  EXPECT_EQ(coppice({"logs", "-f", "--tail", "1", id}).output, "5\n");
  EXPECT_EQ(coppice({"logs", "--error", id}).output, "oops\n");
  EXPECT_EQ(coppice({"logs", "--since", "10m", "-n", "1", id}).output, "5\n");
  EXPECT_EQ(coppice({"logs", "--since", "2100-01-01", id}).output, "");
}

TEST_F(Control, logs_stamp_each_line_with_the_time_when_it_was_written) {
  const std::string script = "echo one; sleep 0.2; printf 'two, '; sleep 0.2; printf too; printf x >&2";
  const std::string id = start({"--error", "log", "--", "sh", "-c", script});
  ASSERT_EQ(coppice({"wait", id}).code, 0);
  const std::string output = coppice({"logs", "--timestamps", id}).output;
  // As 2026-11-26T12:16:06.123Z.
  constexpr std::size_t kStamp = 24;
  const std::size_t second = output.find('\n') + 1;
  ASSERT_EQ(output.substr(kStamp, second - kStamp), " one\n") << output;
  ASSERT_EQ(output.substr(second + kStamp), " two, too") << output;
  const std::string later = output.substr(second, kStamp);
  EXPECT_LT(output.substr(0, kStamp), later);
  // What it tells is what --since takes, and that rounds down.
  EXPECT_EQ(coppice({"logs", "--since", later, id}).output, "two, too");
  EXPECT_TRUE(coppice({"logs", "-t", "--error", id}).output.ends_with("Z x"));
}

TEST_F(Control, wait_gives_up_in_time) {
  start({"--name", "long", "--", "sleep", "1000"});
  const Ended ended = coppice({"wait", "--timeout", "10ms", "long"});
  EXPECT_EQ(ended.code, 124);
  EXPECT_TRUE(contains(ended.error, "goes on")) << ended.error;
}

TEST_F(Control, stop_is_polite_first) {
  start({"--name", "kind", "--", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"});
  await_log("kind", "up");
  const Ended ended = coppice({"stop", "kind"});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_TRUE(contains(ended.output, "job kind was stopped")) << ended.output;
  EXPECT_TRUE(contains(coppice({"logs", "kind"}).output, "bye"));
}

TEST_F(Control, stop_kills_when_the_grace_is_over) {
  start({"--name", "deaf", "--", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"});
  await_log("deaf", "up");
  const Ended ended = coppice({"stop", "--grace", "50ms", "deaf"});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_TRUE(contains(ended.output, "SIGKILL")) << ended.output;
}

TEST_F(Control, K3_kill_prints_what_it_killed) {
  start({"--name", "tree", "--", "sh", "-c", "setsid sleep 1001 & sleep 1002 & echo up; wait"});
  await_log("tree", "up");
  const Ended ended = coppice({"kill", "tree"});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_TRUE(contains(ended.output, "killed 3 processes of job tree in ")) << ended.output;
  for (const char* part : {"sleep 1001", "sleep 1002", "sh -c"}) EXPECT_TRUE(contains(ended.output, part)) << ended.output;
  EXPECT_EQ(coppice({"wait", "-q", "tree"}).code, 137);
}

TEST_F(Control, K5_a_kill_that_comes_late_tells_the_natural_end) {
  const std::string id = start({"--", "sh", "-c", "exit 5"});
  ASSERT_EQ(coppice({"wait", id}).code, 5);
  const Ended ended = coppice({"kill", id});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_TRUE(contains(ended.output, "failed with exit code 5")) << ended.output;
}

TEST_F(Control, a_slice_is_killed_as_one) {
  const std::string one = start({"--slice", "ci/a", "--", "sleep", "1000"});
  const std::string two = start({"--slice", "ci/b", "--", "sleep", "1000"});
  const std::string other = start({"--slice", "web", "--", "sleep", "1000"});
  const auto replies = objects({"kill", "--json", "--slice", "ci"});
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_TRUE(replies[0].at("results").contains(one) && replies[0].at("results").contains(two));
  EXPECT_EQ(replies[0].at("killed").size(), 2u);
  EXPECT_EQ(objects({"status", "--json", other}).at(0).at("state"), "running");
}

TEST_F(Control, signal_reaches_the_main_process) {
  start({"--name", "hup", "--", "sh", "-c", "trap 'echo got' HUP; echo up; while :; do sleep 0.05; done"});
  await_log("hup", "up");
  EXPECT_EQ(coppice({"signal", "HUP", "hup"}).code, 0);
  await_log("hup", "got");
}

TEST_F(Control, freeze_halts_and_thaw_goes_on) {
  start({"--name", "ice", "--", "sleep", "1000"});
  EXPECT_EQ(coppice({"freeze", "ice"}).code, 0);
  EXPECT_EQ(objects({"status", "--json", "ice"}).at(0).at("state"), "frozen");
  EXPECT_EQ(coppice({"thaw", "ice"}).code, 0);
  EXPECT_EQ(objects({"status", "--json", "ice"}).at(0).at("state"), "running");
}

TEST_F(Control, tree_draws_the_processes) {
  start({"--name", "oak", "--", "sh", "-c", "sleep 1003 & echo up; wait"});
  await_log("oak", "up");
  const Ended ended = coppice({"tree", "oak"});
  EXPECT_TRUE(contains(ended.output, "2 processes")) << ended.output << ended.error;
  EXPECT_TRUE(contains(ended.output, "   `- ")) << ended.output;
  EXPECT_TRUE(contains(ended.output, "sleep 1003")) << ended.output;
  EXPECT_EQ(objects({"tree", "--json", "oak"}).at(0).at("processes").size(), 2u);
}

TEST_F(Control, events_tell_what_happens) {
  const std::string id = start({"--name", "past", "--", "true"});
  ASSERT_EQ(coppice({"wait", id}).code, 0);
  const auto events = begin({"events", "--since", "0"});
  events->await_output("succeeded");
  start({"--name", "next", "--", "sh", "-c", "exit 9"});
  events->await_output("next");
  events->await_output("failed with exit code 9");
  const auto machine = begin({"events", "--json", "--since", "0"});
  machine->await_output("\"event\":\"started\"");
}

TEST_F(Control, rm_forgets_what_has_ended) {
  const std::string one = start({"--", "true"});
  const std::string two = start({"--", "true"});
  const std::string live = start({"--", "sleep", "1000"});
  ASSERT_EQ(coppice({"wait", one, two}).code, 0);
  const Ended refused = coppice({"rm", live});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(contains(refused.error, "has not ended")) << refused.error;
  EXPECT_EQ(coppice({"rm", one}).output, "removed 1 job\n");
  EXPECT_EQ(coppice({"rm", "--older-than", "1h"}).output, "removed 0 jobs\n");
  EXPECT_EQ(coppice({"rm", "--all"}).output, "removed 1 job\n");
  EXPECT_EQ(objects({"ps", "-a", "--json"}).size(), 1u);
}

TEST_F(Control, json_makes_an_object_of_an_error) {
  const Ended ended = coppice({"status", "--json", "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(json::parse(ended.error).at("error"), "io.coppice.Jobs.NoSuchJob");
}

TEST_F(Control, what_cannot_be_written_is_no_success) {
  start({"--", "sleep", "1000"});
  const Ended ended = shell("$COPPICE ps > /dev/full");
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(contains(ended.error, "standard output")) << ended.error;
}

}  // namespace
}  // namespace coppice::cli_daemon
