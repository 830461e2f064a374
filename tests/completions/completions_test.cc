// What bash, zsh and fish propose.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

namespace fs = std::filesystem;

struct Shell {
  const char* name;
  const char* program;
};

class Completions : public Daemon, public testing::WithParamInterface<Shell> {
 protected:
  void SetUp() override {
    if (::access(GetParam().program, X_OK) != 0) GTEST_SKIP() << GetParam().program << " is not installed";
    Daemon::SetUp();
  }

  // The words that the shell proposes at the end of "coppice LINE".
  std::set<std::string> proposed(const std::string& line, const std::string& program = "coppice") const {
    const std::string ask = fs::absolute(std::string(std::getenv("ASK")) + "/ask." + GetParam().name);
    const std::string file =
        fs::absolute(std::string(std::getenv("COMPLETIONS")) + "/" + program + "." + GetParam().name);
    const Ended ended =
        Program({GetParam().program, ask, file, programs() + "/" + program + " " + line}, environment).end();
    EXPECT_EQ(ended.code, 0) << ended.error;
    EXPECT_EQ(ended.error, "");
    std::set<std::string> words;
    std::istringstream lines(ended.output);
    for (std::string word; std::getline(lines, word);) words.insert(word.substr(0, word.find_last_not_of(' ') + 1));
    return words;
  }
};

using Set = std::set<std::string>;

TEST_P(Completions, commands_are_proposed_and_hidden_ones_are_not) {
  EXPECT_EQ(proposed("hist"), Set{"history"});
  const Set all = proposed("");
  for (const char* command : {"run", "start", "kill", "slice"}) EXPECT_TRUE(all.contains(command)) << command;
  EXPECT_FALSE(all.contains("__complete"));
}

TEST_P(Completions, jobs_that_live_are_proposed_by_name) {
  start({"--name", "alpha", "--", "sleep", "1000"});
  start({"--name", "alphabet", "--", "sleep", "1000"});
  start({"--name", "other", "--", "sleep", "1000"});
  EXPECT_EQ(proposed("kill al"), (Set{"alpha", "alphabet"}));
  EXPECT_EQ(proposed("signal HUP oth"), Set{"other"});
  EXPECT_EQ(proposed("kill alpha oth"), Set{"other"});
}

TEST_P(Completions, a_job_is_proposed_by_its_id_once_that_is_begun) {
  const std::string id = start({"--name", "alpha", "--", "sleep", "1000"});
  EXPECT_EQ(proposed("status " + id.substr(0, 8)), Set{id});
}

TEST_P(Completions, jobs_that_have_ended_are_proposed_where_those_are_meant) {
  start({"--name", "alive", "--", "sleep", "1000"});
  start({"--name", "alone", "--", "true"});
  EXPECT_EQ(coppice({"wait", "alone"}).code, 0);
  EXPECT_EQ(proposed("kill al"), Set{"alive"});
  EXPECT_EQ(proposed("rm al"), Set{"alone"});
  EXPECT_EQ(proposed("logs al"), (Set{"alive", "alone"}));
}

TEST_P(Completions, slices_are_proposed) {
  EXPECT_EQ(coppice({"slice", "set", "ci", "--jobs", "2"}).code, 0);
  EXPECT_EQ(proposed("kill --slice c"), Set{"ci"});
  EXPECT_EQ(proposed("slice list c"), Set{"ci"});
}

TEST_P(Completions, the_daemon_of_the_line_is_asked) {
  start({"--name", "alpha", "--", "sleep", "1000"});
  const std::string here = socket();
  set("COPPICE_SOCKET", folder() + "/nobody");
  EXPECT_EQ(proposed("kill al"), Set{});
  EXPECT_EQ(proposed("--socket " + here + " kill al"), Set{"alpha"});
  EXPECT_EQ(proposed("kill --socket " + here + " al"), Set{"alpha"});
}

TEST_P(Completions, options_are_those_of_the_command) {
  EXPECT_EQ(proposed("stop --gr"), Set{"--grace"});
  EXPECT_EQ(proposed("kill --gr"), Set{});
}

TEST_P(Completions, words_of_an_option_are_proposed) {
  EXPECT_EQ(proposed("run --leftovers "), (Set{"kill", "wait"}));
  EXPECT_EQ(proposed("history --outcome timed"), Set{"timed_out"});
  EXPECT_EQ(proposed("stop --signal SIGUSR"), (Set{"SIGUSR1", "SIGUSR2"}));
  EXPECT_EQ(proposed("slice "), (Set{"list", "set"}));
}

TEST_P(Completions, options_of_a_program_are_none_of_ours) {
  EXPECT_FALSE(proposed("run -- true --gr").contains("--grace"));
  EXPECT_FALSE(proposed("run true --gr").contains("--grace"));
}

TEST_P(Completions, coppiced_has_its_own) {
  EXPECT_EQ(proposed("--at-sh", "coppiced"), Set{"--at-shutdown"});
  EXPECT_EQ(proposed("--at-shutdown ", "coppiced"), (Set{"leave", "stop"}));
}

constexpr std::array<Shell, 3> kShells = {
    {{"bash", "/bin/bash"}, {"zsh", "/usr/bin/zsh"}, {"fish", "/usr/bin/fish"}}};

INSTANTIATE_TEST_SUITE_P(Shells, Completions, testing::ValuesIn(kShells),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace coppice::cli_daemon
