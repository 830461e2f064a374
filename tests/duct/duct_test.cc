// The known traps of process libraries.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/unique_fd.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

constexpr int kMegabytes = 4;

class Duct : public WithDaemon {
 protected:
  // A program in the daemon's folder, below `directory`, that says its word.
  void make_program(const std::string& directory, const std::string& name, const std::string& word) {
    const std::string where = daemon_->folder() + "/" + directory;
    std::filesystem::create_directories(where);
    std::ofstream(where + "/" + name) << "#!/bin/sh\necho " << word << "\n";
    ASSERT_EQ(::chmod((where + "/" + name).c_str(), 0755), 0);
  }
};

// Trap: the caller forgets to look at the exit status, and a failed build passes.
TEST_F(Duct, X3_a_non_zero_exit_is_an_error_by_default) {
  const Failure run = failure(client(), "Run", {{"spec", shell("echo out; exit 3")}});
  EXPECT_EQ(run.name, "JobFailed");
  EXPECT_EQ(run.parameters["result"]["exits"][0]["code"], 3);
  const json job = start(client(), shell("exit 3"));
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}}).name, "JobFailed");
  const json data = call(client(), "Run", {{"spec", shell("echo out; exit 3")}, {"unchecked", true}});
  EXPECT_EQ(data["result"]["outcome"], "failed");
  EXPECT_EQ(decode_base64(data["data"].get<std::string>()), "out\n");
}

// Trap: a child that exits without reading its input breaks the pipe, and with it the parent.
TEST_F(Duct, O3_input_that_is_not_read_to_its_end_breaks_nobody) {
  std::string data;
  for (int i = 0; i < kMegabytes * 256 * 1024; ++i) data += "eHh4";  // xxx
  for (const char* line : {"exit 0", "head -c 1 >/dev/null", "exec 0<&-; exit 0"}) {
    json wanted = shell(line);
    wanted["inputData"] = data;
    EXPECT_EQ(wait(client(), start(client(), wanted))["outcome"], "succeeded") << line;
  }
  EXPECT_EQ(wait(client(), start(client(), spec({"true"})))["outcome"], "succeeded");
}

// Trap: to wait for a killed child means to wait for its output as well, which somebody else holds.
TEST_F(Duct, K6_a_kill_reaps_the_child_and_does_not_wait_for_its_pipe) {
  const json job = start(client(), shell("echo begun; exec sleep 1000"));
  const pid_t pid = job["mainPids"][0];
  ASSERT_TRUE(eventually([&] { return log_of(client(), job) == "begun\n"; }));
  const UniqueFd held(::open(("/proc/" + std::to_string(pid) + "/fd/1").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(held) << errno;
  EXPECT_EQ(kill(client(), job)["killed"].size(), 1u);
  // Reaped, not only dead: the test holds the pipe and so keeps nobody.
  EXPECT_FALSE(exists("/proc/" + std::to_string(pid)));
  EXPECT_TRUE(eventually([&] { return zombies_of(daemon_->keeper()).empty(); }));
  EXPECT_EQ(log_of(client(), job), "begun\n");
}

// Trap: two threads wait for one child, one of them gets ECHILD, hangs, or signals a stranger.
TEST_F(Duct, K5_kill_and_wait_from_many_connections_at_once_agree) {
  constexpr int kRounds = 20;
  constexpr int kEach = 6;
  for (int round = 0; round < kRounds; ++round) {
    const json job = start(client(), shell("sleep 1000 & exec sleep 1000"));
    std::vector<json> answers(2 * kEach);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2 * kEach; ++i)
      threads.emplace_back([&, i] {
        auto own = daemon_->connect();
        auto& answer = answers[static_cast<std::size_t>(i)];
        answer = i % 2 == 0 ? wait(own, job) : kill(own, job)["results"][job["id"].get<std::string>()];
      });
    for (auto& thread : threads) thread.join();
    for (const json& answer : answers) EXPECT_EQ(answer, answers.front());
    EXPECT_EQ(answers.front()["outcome"], "killed");
  }
}

// Trap: a relative program is looked for in the child's new directory on one system and in the parent's on another.
TEST_F(Duct, S6_a_relative_program_belongs_to_the_caller_with_and_without_a_directory) {
  make_program("caller", "tool", "caller");
  make_program("caller/sub", "tool", "sub");
  make_program("job", "tool", "job");
  make_program("job/sub", "tool", "wrong");
  const auto said = [&](const std::string& program, bool with_directory) {
    json wanted = spec({program});
    wanted["baseDirectory"] = daemon_->folder() + "/caller";
    if (with_directory) wanted["workingDirectory"] = daemon_->folder() + "/job";
    const json job = start(client(), wanted);
    wait(client(), job);
    return log_of(client(), job);
  };
  for (const bool with_directory : {false, true}) {
    EXPECT_EQ(said("./tool", with_directory), "caller\n");
    EXPECT_EQ(said("sub/tool", with_directory), "sub\n");
    EXPECT_EQ(said("../job/tool", with_directory), "job\n");
  }
  // A bare name is looked up in PATH, and not in any directory of anybody's.
  json bare = spec({"tool"});
  bare["baseDirectory"] = daemon_->folder() + "/caller";
  bare["workingDirectory"] = daemon_->folder() + "/job";
  EXPECT_EQ(failure(client(), "Start", {{"spec", bare}}).parameters["name"], "ENOENT");
}

// Trap: the left side of a pipeline is started, the right side is not there, and the left side is forgotten.
TEST_F(Duct, S7_a_pipeline_whose_right_side_does_not_exist_leaves_nobody) {
  const std::string word = random_word();
  json wanted = spec({"sleep", "1000"});
  wanted["commands"].push_back({{"argv", {"no-such-program"}}});
  wanted["environment"]["COPPICE_TEST"] = word;
  const Failure failed = failure(client(), "Start", {{"spec", wanted}});
  EXPECT_EQ(failed.name, "StartFailed");
  EXPECT_EQ(failed.parameters["command"], 1);
  EXPECT_EQ(failed.parameters["name"], "ENOENT");
  EXPECT_TRUE(marked("COPPICE_TEST=" + word).empty());
}

// Trap: each of two children waits for the other's answer while the parent's pipes are full.
TEST_F(Duct, O1_two_children_that_talk_over_megabytes_of_unread_output_both_get_on) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd one(ends[0]);
  UniqueFd other(ends[1]);
  // Says and answers, a line each, and writes a megabyte between any two.
  const std::string noise = "head -c 1048576 /dev/zero | tr '\\0' 'x' >&2; ";
  const auto talker = [&](const std::string& first) {
    json wanted = shell(first + "for i in $(seq " + std::to_string(kMegabytes) + "); do read line; " +
                        noise + "echo $i; done <&0 >&0");
    wanted["input"] = {{"kind", "fd"}, {"fd", 0}};
    wanted["output"] = {{"kind", "null"}};
    wanted["error"] = {{"kind", "log"}};
    return wanted;
  };
  const json left = start(client(), talker("echo begin >&0; "), {one.get()});
  const json right = start(client(), talker(""), {other.get()});
  one.reset();
  other.reset();
  EXPECT_EQ(wait(client(), right)["outcome"], "succeeded");
  EXPECT_EQ(wait(client(), left)["exits"].size(), 1u);
  EXPECT_EQ(log_of(client(), right, "error").size(), std::size_t{kMegabytes} << 20);
}

// Trap: the script is killed, its grandchild lives on with the output, and whoever reads that waits for ever.
TEST_F(Duct, K1_a_killed_script_whose_grandchild_holds_the_output_is_over) {
  for (const char* line : {"sleep 1000 & wait", "(sleep 1000; true) & wait", "setsid sleep 1000 & wait"}) {
    auto other = daemon_->connect();
    json wanted = shell(line);
    wanted["name"] = "script";
    other.send("io.coppice.Jobs.Run", {{"spec", wanted}, {"unchecked", true}});
    ASSERT_TRUE(eventually([&] { return failure(client(), "List", {{"job", {{"name", "script"}}}}).name.empty(); }));
    ASSERT_TRUE(eventually([&] {
      return call(client(), "Processes", {{"job", {{"name", "script"}}}})["processes"].size() >= 2;
    }));
    const json answer = call(client(), "Kill", {{"job", {{"name", "script"}}}});
    EXPECT_GE(answer["killed"].size(), 2u);
    EXPECT_EQ(next_reply(other).parameters()["result"]["outcome"], "killed") << line;
  }
}

}  // namespace
}  // namespace coppice::support
