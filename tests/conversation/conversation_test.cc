// A conversation between the daemon and a client that nobody here wrote: Debian's Go library.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "tests/conversation/program.h"

namespace coppice::conversation {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr char kLibrary[] = "/usr/share/gocode/src/github.com/varlink/go/varlink";
constexpr int kReadyTimeoutMilliseconds = 60 * 1000;
// What the daemon's readiness is told on.
constexpr int kReadyFd = 9;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? fs::absolute(value).string() : "";
}

std::string find_go() {
  for (const char* path : {"/usr/bin/go", "/usr/lib/go/bin/go", "/usr/local/go/bin/go"})
    if (access(path, X_OK) == 0) return path;
  return "";
}

// What the suite works with; goes with it.
struct Stage {
  Stage() {
    std::string pattern = "/tmp/conversation.XXXXXX";
    if (mkdtemp(pattern.data())) directory = pattern;
  }
  ~Stage() {
    daemon.reset();
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  fs::path directory;
  std::string client;
  std::optional<Beside> daemon;
  // Why nothing can be tested here, and what is wrong.
  std::string skip;
  std::string failure;
};

void build_client(Stage& stage) {
  const std::string go = find_go();
  if (go.empty()) {
    stage.skip = "needs Go (Debian package golang-go)";
    return;
  }
  if (!fs::exists(kLibrary)) {
    stage.skip = "needs Go's Varlink library (Debian package golang-github-varlink-go-dev)";
    return;
  }
  stage.client = stage.directory / "client";
  const fs::path cache = stage.directory / "go";
  const Ended built =
      run({go, "build", "-o", stage.client, from_environment("CLIENT_SOURCE")},
          {"GO111MODULE=off", "GOFLAGS=", "GOTOOLCHAIN=local", "GOPATH=/usr/share/gocode", "CGO_ENABLED=0",
           "GOCACHE=" + (cache / "cache").string(), "HOME=" + stage.directory.string()});
  if (built.status != 0) stage.failure = "go build: " + built.output;
}

void start_daemon(Stage& stage) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    stage.failure = "pipe2 failed";
    return;
  }
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const fs::path log = stage.directory / "log";
  const fs::path& directory = stage.directory;
  stage.daemon.emplace(
      std::vector<std::string>{from_environment("COPPICED"), "--socket", directory / "socket",
                               "--state", directory / "state", "--runtime", directory / "run",
                               "--ready-fd", std::to_string(kReadyFd)},
      log.string(), write_end, kReadyFd);
  write_end.reset();
  pollfd readiness{read_end.get(), POLLIN, 0};
  char word[8] = {};
  if (poll(&readiness, 1, kReadyTimeoutMilliseconds) == 1 &&
      read(read_end.get(), word, sizeof word - 1) > 0)
    return;
  stage.daemon.reset();
  const std::string said = text_of(log);
  (geteuid() == 0 ? stage.failure : stage.skip) = "coppiced did not start: " + said;
}

class Conversation : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stage_ = std::make_unique<Stage>();
    build_client(*stage_);
    if (stage_->skip.empty() && stage_->failure.empty()) start_daemon(*stage_);
  }
  static void TearDownTestSuite() { stage_.reset(); }

  void SetUp() override {
    if (!stage_->skip.empty()) GTEST_SKIP() << stage_->skip;
    ASSERT_EQ(stage_->failure, "");
  }

  // What the client printed, line by line; it must exit with `code`.
  static std::vector<std::string> say(std::vector<std::string> arguments, int code = 0) {
    arguments.insert(arguments.begin(),
                     {stage_->client, "unix:" + (stage_->directory / "socket").string()});
    const Ended ended = run(arguments);
    EXPECT_TRUE(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == code)
        << "status " << ended.status << ": " << ended.output;
    std::vector<std::string> lines;
    std::istringstream text(ended.output);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  static json call(const std::string& method, const json& parameters) {
    const auto lines = say({"call", method, parameters.dump()});
    EXPECT_EQ(lines.size(), 1U);
    return lines.empty() ? json() : json::parse(lines[0], nullptr, false);
  }

  struct Error {
    std::string name;
    json parameters;
  };
  static Error error_of(const std::string& method, const json& parameters) {
    const auto lines = say({"call", method, parameters.dump()}, 3);
    std::istringstream words(lines.empty() ? "" : lines.back());
    std::string word, name, rest;
    words >> word >> name;
    std::getline(words, rest);
    EXPECT_EQ(word, "error");
    return {name, json::parse(rest, nullptr, false)};
  }

  static json spec(const std::vector<std::string>& argv) {
    return {{"commands", {{{"argv", argv}}}}, {"output", {{"kind", "log"}}}};
  }

  static std::unique_ptr<Stage> stage_;
};
std::unique_ptr<Stage> Conversation::stage_;

bool holds(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST_F(Conversation, info_tells_who_we_are_and_what_we_speak) {
  const auto lines = say({"info"});
  EXPECT_TRUE(holds(lines, "io.coppice.Jobs"));
  EXPECT_TRUE(holds(lines, "org.varlink.service"));
}

TEST_F(Conversation, introspection_is_understood_by_another_parser) {
  const auto methods = say({"introspect", "io.coppice.Jobs"});
  for (const char* method : {"Start", "Run", "Wait", "Kill", "Subscribe", "Remove"})
    EXPECT_TRUE(holds(methods, method)) << method;
  EXPECT_TRUE(holds(say({"introspect", "org.varlink.service"}), "GetInfo"));
}

TEST_F(Conversation, a_job_is_started_waited_for_and_read) {
  const json job = call("io.coppice.Jobs.Start", {{"spec", spec({"/bin/echo", "hello"})}})["job"];
  ASSERT_TRUE(job.is_object());
  const json reference = {{"id", job["id"]}};
  const json result = call("io.coppice.Jobs.Wait", {{"job", reference}})["result"];
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["exits"][0]["code"], 0);
  EXPECT_EQ(call("io.coppice.Jobs.ReadLog", {{"job", reference}})["data"], "aGVsbG8K");
  EXPECT_EQ(call("io.coppice.Jobs.Remove", {{"job", reference}})["removed"], 1);
}

TEST_F(Conversation, more_streams_a_run_to_its_result) {
  const json parameters = {{"spec", spec({"/bin/echo", "hello"})}};
  const auto lines = say({"more", "io.coppice.Jobs.Run", parameters.dump()});
  ASSERT_GE(lines.size(), 3U);
  EXPECT_TRUE(json::parse(lines.front())["job"].is_object());
  std::string data;
  for (const std::string& line : lines) {
    const json reply = json::parse(line);
    if (reply.contains("data")) data += reply["data"].get<std::string>();
  }
  EXPECT_EQ(data, "aGVsbG8K");
  EXPECT_EQ(json::parse(lines.back())["result"]["outcome"], "succeeded");
}

TEST_F(Conversation, more_lists_every_job) {
  const json first = call("io.coppice.Jobs.Start", {{"spec", spec({"/bin/true"})}})["job"]["id"];
  const json second = call("io.coppice.Jobs.Start", {{"spec", spec({"/bin/true"})}})["job"]["id"];
  const auto lines = say({"more", "io.coppice.Jobs.List", "{}"});
  int found = 0;
  for (const std::string& line : lines) {
    const json id = json::parse(line)["job"]["id"];
    found += id == first || id == second;
  }
  EXPECT_EQ(found, 2);
}

TEST_F(Conversation, X3_a_failed_job_is_an_error_with_its_result) {
  const json job = call("io.coppice.Jobs.Start", {{"spec", spec({"/bin/false"})}})["job"];
  const json reference = {{"id", job["id"]}};
  const Error error = error_of("io.coppice.Jobs.Wait", {{"job", reference}});
  EXPECT_EQ(error.name, "io.coppice.Jobs.JobFailed");
  EXPECT_EQ(error.parameters["result"]["exits"][0]["code"], 1);
}

TEST_F(Conversation, errors_have_names_and_parameters) {
  const json nobody = {{"job", {{"name", "nobody"}}}};
  const Error unknown = error_of("io.coppice.Jobs.Wait", nobody);
  EXPECT_EQ(unknown.name, "io.coppice.Jobs.NoSuchJob");
  EXPECT_EQ(unknown.parameters["job"]["name"], "nobody");

  const Error invalid = error_of("io.coppice.Jobs.Start", {{"spec", spec({})}});
  EXPECT_EQ(invalid.name, "io.coppice.Jobs.InvalidSpec");
  EXPECT_EQ(invalid.parameters["field"], "spec.commands[0].argv");
}

TEST_F(Conversation, errors_of_the_protocol_are_understood_as_such) {
  const Error parameter = error_of("io.coppice.Jobs.Wait", {{"jobs", 1}});
  EXPECT_EQ(parameter.name, "org.varlink.service.InvalidParameter");
  EXPECT_EQ(error_of("io.coppice.Jobs.Dance", json::object()).name,
            "org.varlink.service.MethodNotFound");
  EXPECT_EQ(error_of("io.coppice.Dance.Start", json::object()).name,
            "org.varlink.service.InterfaceNotFound");
}

TEST_F(Conversation, no_method_is_declared_in_vain) {
  for (const char* method : {"Start", "Run", "Wait", "Signal", "Stop", "Kill", "Freeze", "Thaw", "SetLimits", "Renew",
                             "Processes", "WriteInput", "Resize", "ReadLog", "OpenLog", "Attach", "SetSlice", "Remove"})
    EXPECT_NE(error_of(std::string("io.coppice.Jobs.") + method, json::object()).name,
              "org.varlink.service.MethodNotImplemented")
        << method;
}

}  // namespace
}  // namespace coppice::conversation
