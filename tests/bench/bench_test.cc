// The benchmark itself, with a handful of each thing: it must run through, and measure what it says that it does.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

std::string bench, coppiced, micro;
constexpr int kCannot = 77;

pid_t begin(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  return ::posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == 0 ? pid : -1;
}

int code_of(pid_t pid) {
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run(const std::vector<std::string>& words) { return code_of(begin(words)); }

// Or has ended.
void await_daemon(const std::string& directory, pid_t pid) {
  for (;;) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, gone))
      if (entry.path().filename() == "socket") return;
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid == pid) return;
    ::usleep(1000);
  }
}

class Document {
 public:
  explicit Document(const std::string& name)
      : path_(testing::TempDir() + "/coppice-bench-" + std::to_string(::getpid()) + name) {}
  ~Document() { std::filesystem::remove(path_); }
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const std::string& path() const { return path_; }
  json content() const { return json::parse(std::ifstream(path_)); }

 private:
  std::string path_;
};

std::set<std::string> names_in(const json& content) {
  std::set<std::string> names;
  for (const json& row : content.at("rows")) {
    const std::string name = row.at("topic").get<std::string>() + " " + row.at("name").get<std::string>();
    EXPECT_TRUE(names.insert(name).second) << "twice: " << name;
    EXPECT_TRUE(row.at("median").is_number()) << name;
  }
  return names;
}

TEST(Bench, a_small_run_measures_every_topic) {
  const Document document(".json");
  const int code = run({bench, "--smoke", "--coppiced", coppiced, "--json", document.path()});
  if (code == kCannot) GTEST_SKIP() << "no control group can be made here";
  ASSERT_EQ(code, 0);
  const json content = document.content();
  const std::set<std::string> names = names_in(content);
  for (const char* name :
       {"start 1core.s3", "start 1core.api.64", "kill flat.3.api", "kill chain.3.proc", "kill bomb.20.api",
        "memory idle.5.user", "memory startup.answer", "memory idle.cpu", "output one.api", "output many.floor",
        "output latency.api", "scale start.10", "scale fan.5", "restart 5.api", "restart 5.floor"})
    EXPECT_TRUE(names.count(name)) << name << " is missing";
  std::set<std::string> aims;
  for (const json& aim : content.at("aims")) {
    aims.insert(aim.at("topic"));
    EXPECT_TRUE(aim.at("value").is_number()) << aim;
    if (aim.at("what").get<std::string>().rfind("survivors", 0) == 0) {
      EXPECT_EQ(aim.at("value"), 0) << aim;
    }
  }
  EXPECT_EQ(aims, (std::set<std::string>{"start", "kill", "memory", "output", "scale", "restart"}));
  EXPECT_FALSE(content.at("series").empty());
}

TEST(Bench, one_topic_is_measured_alone) {
  const Document document("-one.json");
  const int code = run({bench, "--smoke", "--only", "restart", "--coppiced", coppiced, "--json", document.path()});
  if (code == kCannot) GTEST_SKIP() << "no control group can be made here";
  ASSERT_EQ(code, 0);
  const json content = document.content();
  for (const json& row : content.at("rows")) EXPECT_EQ(row.at("topic"), "restart");
}

TEST(Bench, one_that_is_ended_leaves_nothing) {
  std::string directory = "/tmp/coppice-bench-test-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  ::setenv("TMPDIR", directory.c_str(), 1);
  const pid_t pid = begin({bench, "--quick", "--only", "memory", "--coppiced", coppiced});
  await_daemon(directory, pid);
  ::kill(pid, SIGTERM);
  const int code = code_of(pid);
  ::unsetenv("TMPDIR");
  if (code != kCannot) {
    EXPECT_EQ(code, 1);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
  }
  std::filesystem::remove_all(directory);
}

TEST(Bench, a_wrong_option_is_named) {
  EXPECT_EQ(run({bench, "--only", "nothing"}), 1);
  EXPECT_EQ(run({bench, "--unknown", "1"}), 1);
  EXPECT_EQ(run({bench, "--json"}), 1);
}

TEST(Bench, the_steps_are_measured_one_by_one) {
  const Document document("-micro.json");
  ASSERT_EQ(run({micro, "--json", document.path(), "--benchmark_min_time=0.001"}), 0);
  const std::set<std::string> names = names_in(document.content());
  for (const char* step : {"parse_call", "check_against_interface", "plan_launch", "encode_reply"})
    EXPECT_TRUE(names.count(std::string("start micro.") + step)) << step << " is missing";
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 4) return 2;
  bench = argv[1];
  coppiced = argv[2];
  micro = argv[3];
  return RUN_ALL_TESTS();
}
