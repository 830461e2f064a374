// Clients of a daemon whose supervisor is killed: they see a pause, and nothing else.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

class Restart : public Daemon {
 protected:
  // Gone when this returns; the next may not serve yet.
  void kill_supervisor() const {
    // After the last one there may be a pause.
    await_supervisor();
    const std::optional<pid_t> pid = supervisor_of(keeper());
    ASSERT_TRUE(pid);
    const UniqueFd process = open_pidfd(*pid);
    ASSERT_EQ(::kill(*pid, SIGKILL), 0);
    ASSERT_TRUE(await_exit(process.get()));
  }
  void await_supervisor() const { EXPECT_EQ(coppice({"ps"}).code, 0); }

  // A line of shell that waits for the file.
  std::string until(const std::string& name) const {
    return "while [ ! -e " + folder() + "/" + name + " ]; do sleep 0.02; done";
  }
  void make(const std::string& name) const { std::ofstream(folder() + "/" + name) << "\n"; }
};

// "1\n2\n…"
std::string numbers(int last) {
  std::string text;
  for (int number = 1; number <= last; ++number) text += std::to_string(number) + "\n";
  return text;
}

constexpr int kLast = 3000;
constexpr char kCount[] = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; done";

TEST_F(Restart, D1_a_run_with_its_own_streams_goes_on) {
  const auto run = begin({"run", "--", "sh", "-c", "echo one; " + until("go") + "; echo two; exit 3"});
  run->await_output("one");
  kill_supervisor();
  await_supervisor();
  make("go");
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.output, "one\ntwo\n");
  EXPECT_EQ(ended.error, "");
}

TEST_F(Restart, D1_a_job_that_ended_while_nobody_was_there_has_its_exit_code) {
  const auto run = begin({"run", "--", "sh", "-c", "echo one; " + until("go") + "; exit 3"});
  run->await_output("one");
  make("go");
  kill_supervisor();
  EXPECT_EQ(run->end().code, 3);
}

TEST_F(Restart, D1_O2_output_that_is_passed_on_is_whole) {
  const auto run = begin({"run", "--silence", "1h", "--", "sh", "-c", kCount});
  for (const char* seen : {"\n100\n", "\n1000\n", "\n2000\n"}) {
    run->await_output(seen);
    kill_supervisor();
  }
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(ended.output, numbers(kLast));
}

TEST_F(Restart, D1_O2_a_log_that_is_followed_is_whole) {
  const std::string job = start({"--", "sh", "-c", kCount});
  const auto logs = begin({"logs", "-f", job});
  for (const char* seen : {"\n100\n", "\n1000\n", "\n2000\n"}) {
    logs->await_output(seen);
    kill_supervisor();
  }
  const Ended ended = logs->end();
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(ended.output, numbers(kLast));
}

TEST_F(Restart, D1_wait_gets_the_result) {
  const std::string job = start({"--", "sh", "-c", until("go") + "; exit 7"});
  const auto wait = begin({"wait", job});
  for (int death = 0; death < 3; ++death) {
    kill_supervisor();
    await_supervisor();
  }
  make("go");
  const Ended ended = wait->end();
  EXPECT_EQ(ended.code, 7) << ended.error;
}

TEST_F(Restart, D1_a_reader_of_events_misses_none) {
  const auto events = begin({"events", "--json", "--since", "0"});
  start({"--name", "before", "--", "true"});
  events->await_output("\"ended\"");
  kill_supervisor();
  start({"--name", "after", "--", "true"});
  events->await_output("\"after\"");
  coppice({"wait", "after"});
  events->signal(SIGTERM);
  std::istringstream lines(events->end().output);
  std::int64_t sequence = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_NE(event.at("event"), "overrun");
    EXPECT_EQ(event.at("sequence"), ++sequence) << line;
  }
}

TEST_F(Restart, D1_a_stop_that_was_under_way_is_finished) {
  const std::string job = start({"--", "sh", "-c", "trap '" + until("go") + "; exit 4' TERM; echo here; while :; do "
                                 "sleep 0.02; done"});
  begin({"logs", "-f", job})->await_output("here");
  const auto stop = begin({"stop", "--grace", "60s", job});
  const auto events = begin({"events", "--json", "--since", "0"});
  events->await_output("\"stopping\"");
  kill_supervisor();
  await_supervisor();
  make("go");
  const Ended ended = stop->end();
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(coppice({"wait", job}).code, 4);
}

TEST_F(Restart, D1_starts_while_it_is_killed_again_and_again_make_one_job_each) {
  constexpr int kRuns = 12;
  std::vector<std::unique_ptr<Program>> runs;
  for (int index = 0; index < kRuns; ++index) {
    runs.push_back(begin({"run", "--", "sh", "-c", "echo " + std::to_string(index) + " >> " + folder() + "/ran"}));
    if (index % 3 == 0) kill_supervisor();
  }
  for (const auto& run : runs) {
    const Ended ended = run->end();
    EXPECT_EQ(ended.code, 0) << ended.error;
  }
  std::ifstream file(folder() + "/ran");
  std::vector<bool> ran(kRuns);
  for (std::size_t index; file >> index;) {
    EXPECT_FALSE(ran.at(index)) << index << " ran twice";
    ran.at(index) = true;
  }
  EXPECT_EQ(ran, std::vector<bool>(kRuns, true));
}

TEST_F(Restart, D1_a_client_that_dies_while_the_supervisor_is_away_takes_its_job_along) {
  auto run = begin({"run", "--name", "left", "--", "sh", "-c", "echo here; exec sleep 1000"});
  run->await_output("here");
  run->signal(SIGSTOP);
  kill_supervisor();
  run.reset();
  const Ended ended = coppice({"wait", "left"});
  EXPECT_EQ(ended.code, 143) << ended.error;
  EXPECT_NE(ended.output.find("the connection that it was bound to closed"), std::string::npos) << ended.output;
}

class PrivateRestart : public Place {
 protected:
  void SetUp() override {
    if (const std::string missing = missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
  }
};

TEST_F(PrivateRestart, D1_no_second_daemon_is_started_while_the_first_is_being_started_again) {
  ASSERT_EQ(coppice({"start", "--name", "kept", "--", "sleep", "1000"}).code, 0);
  const pid_t keeper = parent_of(daemon_pid().value());
  const std::optional<pid_t> supervisor = supervisor_of(keeper);
  ASSERT_TRUE(supervisor);
  ASSERT_EQ(::kill(*supervisor, SIGKILL), 0);
  EXPECT_EQ(coppice({"run", "--", "true"}).code, 0);
  const auto jobs = objects({"status", "--json", "kept"});
  EXPECT_EQ(jobs.at(0).at("state"), "running");
  const std::optional<pid_t> next = supervisor_of(keeper);
  ASSERT_TRUE(next);
  EXPECT_NE(*next, *supervisor);
  // Its keeper is not that of who listened first any more: end it here.
  const UniqueFd process = open_pidfd(keeper);
  ASSERT_EQ(::kill(*next, SIGTERM), 0);
  EXPECT_TRUE(await_exit(process.get()));
}

}  // namespace
}  // namespace coppice::cli_daemon
