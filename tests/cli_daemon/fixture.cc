#include "tests/cli_daemon/fixture.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "base/errno_text.h"

namespace coppice::cli_daemon {
namespace {

namespace fs = std::filesystem;

constexpr char kPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Long enough never to end under a test that works with it; Place ends it.
constexpr char kIdleExit[] = "60000";

std::string make_folder() {
  // Not in the test runner's directory: the path of a socket has 107 bytes at most.
  std::string pattern = "/tmp/coppice-cli-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw errno_error("mkdtemp", pattern, errno);
  return pattern;
}

}  // namespace

// The fourth field of /proc/PID/stat; the second, a name in brackets, may hold anything.
pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::size_t bracket = text.str().rfind(')');
  if (bracket == std::string::npos) return 0;
  std::istringstream rest(text.str().substr(bracket + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

std::optional<pid_t> supervisor_of(pid_t keeper) {
  std::ifstream children("/proc/" + std::to_string(keeper) + "/task/" + std::to_string(keeper) + "/children");
  std::error_code gone;
  for (pid_t child = 0; children >> child;)
    if (fs::read_symlink("/proc/" + std::to_string(child) + "/exe", gone).filename() == "coppiced") return child;
  return std::nullopt;
}

std::string programs() {
  const char* coppice = std::getenv("COPPICE");
  if (coppice == nullptr) throw std::runtime_error("COPPICE does not name the program");
  return fs::absolute(coppice).parent_path();
}

std::string missing_privilege() {
  return ::geteuid() == 0 ? "" : "needs root, or a delegated cgroup, to contain jobs";
}

Place::Place() : folder_(make_folder()) {
  environment = {"PATH=" + std::string(kPath), "HOME=" + folder_,
                 "COPPICE_SOCKET=" + socket(), "COPPICE_DAEMON=" + programs() + "/coppiced",
                 "COPPICE=" + programs() + "/coppice", std::string("COPPICE_IDLE_EXIT=") + kIdleExit};
  // Of a build with sanitizers.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
}

Place::~Place() {
  if (const std::optional<pid_t> pid = daemon_pid()) {
    static_cast<void>(::kill(*pid, SIGTERM));
    static_cast<void>(daemon_ends());
  }
  std::error_code failure;
  fs::remove_all(folder_, failure);
}

void Place::set(const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

std::unique_ptr<Program> Place::begin(const Words& words, UniqueFd input) const {
  Words arguments = {programs() + "/coppice"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return std::make_unique<Program>(arguments, environment, std::move(input));
}

Ended Place::coppice(const Words& words, UniqueFd input) const {
  return begin(words, std::move(input))->end();
}

std::vector<nlohmann::json> Place::objects(const Words& words) const {
  const Ended ended = coppice(words);
  std::vector<nlohmann::json> result;
  std::istringstream lines(ended.output);
  for (std::string line; std::getline(lines, line);) result.push_back(nlohmann::json::parse(line));
  if (!ended.error.empty()) ADD_FAILURE() << ended.error;
  return result;
}

Ended Place::shell(const std::string& line) const {
  return Program({"/bin/sh", "-c", line}, environment).end();
}

std::optional<pid_t> Place::daemon_pid() const {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.pid;
}

bool Place::daemon_ends() const {
  const std::optional<pid_t> supervisor = daemon_pid();
  if (!supervisor) return true;
  const UniqueFd process = open_pidfd(*supervisor);
  // 0 or 1 if it has just gone, and then its keeper goes too.
  const UniqueFd keeper = open_pidfd(parent_of(*supervisor));
  return await_exit(process.get()) && await_exit(keeper.get());
}

void Daemon::SetUp() {
  if (const std::string missing = missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
  std::ofstream{settings_file()};
  Pipe ready = make_pipe();
  daemon_ = std::make_unique<Program>(
      Words{programs() + "/coppiced", "--config", settings_file(), "--socket", socket(), "--state", folder() + "/state", "--runtime",
            folder() + "/run", "--ready-fd", "3"},
      environment, UniqueFd(), std::move(ready.write));
  char said[6];
  if (::read(ready.read.get(), said, sizeof said) != sizeof said)
    FAIL() << "coppiced does not start: " << daemon_->end().error;
}

void Daemon::tell_to_end() {
  told_to_end_ = true;
  daemon_->signal(SIGTERM);
}

void Daemon::TearDown() {
  if (!daemon_) return;
  if (!told_to_end_) tell_to_end();
  const Ended ended = daemon_->end();
  EXPECT_EQ(ended.code, 0) << ended.error;
}

std::string Daemon::start(const Words& words) const {
  Words all = {"start"};
  all.insert(all.end(), words.begin(), words.end());
  const Ended ended = coppice(all);
  EXPECT_EQ(ended.code, 0) << ended.error;
  return ended.output.substr(0, ended.output.find('\n'));
}

}  // namespace coppice::cli_daemon
