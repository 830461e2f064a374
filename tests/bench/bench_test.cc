// The benchmark itself, with a handful of jobs: it must run through and write every table.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::vector<std::string> programs;

int run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Bench, a_small_run_writes_the_whole_report) {
  ASSERT_EQ(programs.size(), 4U);
  const std::string report = testing::TempDir() + "/coppice-bench-" + std::to_string(::getpid()) + ".md";
  const int code = run({programs[0], "--tiny", programs[1], "--grove", programs[2], "--coppiced",
                        programs[3], "--jobs", "10", "--idle", "5", "--trees", "1,3", "--kills", "2",
                        "--output", report});
  if (code == 77) GTEST_SKIP() << "no control group can be made here";
  ASSERT_EQ(code, 0);
  std::ifstream file(report);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const char* part : {"## Ratios and aims", "## Start to result on one core", "S5, S3 with a pipe",
                           "API, 16 connections", "## Memory of keeper", "## Killing a flat tree"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  EXPECT_EQ(text.find("nan"), std::string::npos);
  std::filesystem::remove(report);
}

TEST(Bench, a_wrong_option_is_named) {
  ASSERT_EQ(programs.size(), 4U);
  EXPECT_EQ(run({programs[0], "--jobs", "none"}), 1);
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  programs.assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
