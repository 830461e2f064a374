#include "tests/process/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "process/packet_socket.h"

namespace coppice::process::test {
namespace {

std::optional<std::string> cgroup_mount() {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string text; std::getline(mounts, text);) {
    if (text.find(" - cgroup2 ") == text.npos) continue;
    std::istringstream fields(text);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    return field;
  }
  return std::nullopt;
}

}  // namespace

std::string built(const std::string& path) { return std::filesystem::absolute(path).string(); }

std::size_t open_descriptors(pid_t pid) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

UniqueFd memory_file(const std::string& content) {
  UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), content.data(), content.size()),
            static_cast<ssize_t>(content.size()));
  return file;
}

TestPen::TestPen(std::string path)
    : path_(std::move(path)),
      directory_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

TestPen::~TestPen() {
  if (::access(path_.c_str(), F_OK) != 0) return;  // the keeper has removed it
  write("cgroup.kill", "1");
  write("cgroup.freeze", "0");
  EXPECT_TRUE(becomes("populated", false));
  EXPECT_EQ(::rmdir(path_.c_str()), 0) << path_;
}

void TestPen::write(const char* file, const char* text) { std::ofstream(path_ + "/" + file) << text; }

bool TestPen::becomes(const char* key, bool value) {
  const std::string wanted = std::string(key) + (value ? " 1" : " 0");
  const UniqueFd events(::openat(directory_.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  if (!events) return !value;  // removed
  while (true) {
    std::array<char, 256> text{};
    if (::pread(events.get(), text.data(), text.size() - 1, 0) < 0) return errno == ENODEV && !value;
    if (std::string(text.data()).find(wanted) != std::string::npos) return true;
    if (!readable(events.get(), POLLPRI)) return false;
  }
}

Keeper::Keeper(const std::string& program, const std::function<void()>& prepare)
    : Keeper(program, prepare, packet_pair()) {}

Keeper::Keeper(const std::string& program, const std::function<void()>& prepare, std::pair<UniqueFd, UniqueFd> ends)
    : SupervisorEnd(std::move(ends.first)), errors_(::memfd_create("errors", MFD_CLOEXEC)) {
  UniqueFd theirs = std::move(ends.second);
  const std::string number = std::to_string(theirs.get());
  pid_ = ::fork();
  if (pid_ == 0) {
    ::fcntl(theirs.get(), F_SETFD, 0);
    ::dup2(errors_.get(), STDERR_FILENO);
    if (prepare) prepare();
    ::execl(program.c_str(), program.c_str(), "--attach", number.c_str(), nullptr);
    ::_exit(126);
  }
  pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  theirs.reset();
  // There may be none, when the keeper could not be executed.
  static_cast<void>(greet());
}

Keeper::~Keeper() {
  if (end()) return;
  ADD_FAILURE() << "the keeper does not end";
  // It has not been reaped: the number is its own.
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<int> Keeper::end() {
  static constexpr int kDone = 0;
  hang_up();
  if (reaped_) return kDone;
  if (!readable(pidfd_.get())) return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reaped_ = true;
  return status;
}

std::string Keeper::errors() const {
  std::string text(4096, '\0');
  const ssize_t got = ::pread(errors_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::string line(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string found; std::getline(lines, found);)
    if (found.starts_with(name + " ") || found.starts_with(name + "\t"))
      return found.substr(name.size() + 1);
  return {};
}

void KeeperTest::SetUp() {
  char name[] = "/tmp/coppice-process-XXXXXX";
  ASSERT_TRUE(::mkdtemp(name));
  directory_ = name;
  restart({});
}

void KeeperTest::restart(const std::function<void()>& prepare) {
  keeper_.reset();
  keeper_ = std::make_unique<Keeper>(built(GetParam()), prepare);
}

void KeeperTest::TearDown() {
  // What is frozen can be killed: the keeper does not wait for it long.
  keeper_.reset();
  pens_.clear();
  if (!cgroup_.empty()) {
    EXPECT_EQ(::rmdir(cgroup_.c_str()), 0) << cgroup_;
  }
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

Launch KeeperTest::probe(std::vector<std::string> arguments) {
  Launch launch;
  launch.candidates = {built("tests/process/probe")};
  launch.argv = {"probe"};
  launch.argv.insert(launch.argv.end(), arguments.begin(), arguments.end());
  return launch;
}

Command KeeperTest::launch(const Launch& launch, int pen, int input) {
  return send_launch(keeper(), ++last_key_, launch, pen, input);
}

TestPen* KeeperTest::pen() {
  if (cgroup_.empty()) {
    const auto mount = cgroup_mount();
    std::string name = mount.value_or("") + "/coppice-process-XXXXXX";
    const bool made = mount && ::mkdtemp(name.data());
    [&] {
      if (!made) GTEST_SKIP() << "no cgroup2 that we may write to";
    }();
    if (!made) return nullptr;
    cgroup_ = name;
  }
  const std::string path = cgroup_ + "/" + std::to_string(pens_.size());
  EXPECT_EQ(::mkdir(path.c_str(), 0755), 0) << path;
  pens_.push_back(std::make_unique<TestPen>(path));
  return pens_.back().get();
}

}  // namespace coppice::process::test
