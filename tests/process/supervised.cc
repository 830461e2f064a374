#include "tests/process/supervised.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "process/packet_socket.h"
#include "process/rescue_socket.h"

namespace coppice::process::test {
namespace {

std::vector<pid_t> children() {
  std::vector<pid_t> all;
  std::ifstream file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t pid = 0; file >> pid;) all.push_back(pid);
  return all;
}

}  // namespace

void Life::exit_with(int code) {
  const std::array byte{static_cast<std::byte>(code)};
  EXPECT_EQ(send_packet(control_.get(), byte, {}, Blocking::yes), 0);
}

void Life::kill(int signal) {
  // The keeper reaps it, but not before it has exited of this.
  EXPECT_EQ(::kill(pid, signal), 0);
}

void Life::ignore_abort() {
  exit_with(200);
  std::array<std::byte, 1> answer;
  std::vector<UniqueFd> none;
  EXPECT_EQ(receive_packet(control_.get(), answer, none, Blocking::yes).kind, Receive::packet);
}

void Life::part(FarewellMode mode, int code) {
  EXPECT_EQ(send(Farewell{mode}), 0);
  exit_with(code);
}

void SupervisedTest::SetUp() {
  // What a keeper leaves behind when it ends comes to the test.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  char name[] = "/tmp/coppice-process-XXXXXX";
  ASSERT_TRUE(::mkdtemp(name));
  directory_ = name;
  listener_ = UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory_ + "/test").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener_.get(), 16), 0);
  errors_ = UniqueFd(::open((directory_ + "/errors").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

void SupervisedTest::TearDown() {
  listener_.reset();
  // Each death may bring new children.
  for (auto left = children(); !left.empty(); left = children())
    for (const pid_t pid : left) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  if (HasFailure()) ADD_FAILURE() << "the keeper said: " << errors();
  std::filesystem::remove_all(directory_);
}

void SupervisedTest::start_keeper(const std::vector<std::string>& options) {
  const std::string program = built("process/keeper/coppice-keeper");
  std::vector<std::string> words = {program};
  words.insert(words.end(), options.begin(), options.end());
  const std::string lender = built("tests/process/lender");
  words.insert(words.end(), {"--supervisor", lender, "--", directory_ + "/test"});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  keeper_ = ::fork();
  if (keeper_ == 0) {
    ::dup2(errors_.get(), STDERR_FILENO);
    ::setenv("LISTEN_FDS", "2", 1);
    ::execv(program.c_str(), argv.data());
    ::_exit(126);
  }
  keeper_pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, keeper_, 0)));
}

std::unique_ptr<Life> SupervisedTest::next_life(bool greeted) {
  // GoogleTest makes a failure of it, and TearDown is still done.
  if (!readable(listener_.get())) throw std::runtime_error("no supervisor was started");
  UniqueFd control(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::array<std::byte, 64> buffer;
  std::vector<UniqueFd> line;
  const auto received = receive_packet(control.get(), buffer, line, Blocking::yes);
  EXPECT_EQ(line.size(), 1u);
  std::istringstream words(std::string(reinterpret_cast<const char*>(buffer.data()), received.size));
  pid_t pid = 0;
  std::string listen, watchdog;
  words >> pid >> listen >> watchdog;
  auto life = std::make_unique<Life>(std::move(line.at(0)), std::move(control), pid, listen, watchdog);
  if (greeted) {
    const auto handed = life->greet();
    EXPECT_TRUE(handed) << "no hand-over";
    EXPECT_EQ(life->keeper_pid, keeper_);
    handed_ = handed.value_or(HandedOver{});
  }
  return life;
}

std::unique_ptr<SupervisorEnd> SupervisedTest::rescue() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      auto line = std::make_unique<SupervisorEnd>(connect_resting_keeper(rescue_path()));
      const auto handed = line->greet();
      EXPECT_TRUE(handed);
      handed_ = handed.value_or(HandedOver{});
      return line;
    } catch (const std::system_error&) {
      // It does not rest so far, or has made the file and does not listen so far.
      ::sched_yield();
    }
  }
  throw std::runtime_error("nobody rests");
}

std::optional<int> SupervisedTest::keeper_status() {
  if (!readable(keeper_pidfd_.get())) return std::nullopt;
  int status = 0;
  if (::waitpid(keeper_, &status, 0) != keeper_) return std::nullopt;
  return status;
}

std::string SupervisedTest::errors() const {
  std::string text(16384, '\0');
  const ssize_t got = ::pread(errors_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

bool SupervisedTest::keeper_says(const std::string& words) {
  const UniqueFd changes(::inotify_init1(IN_CLOEXEC));
  ::inotify_add_watch(changes.get(), (directory_ + "/errors").c_str(), IN_MODIFY);
  std::array<char, 4096> events;
  while (errors().find(words) == std::string::npos)
    if (!readable(changes.get()) || ::read(changes.get(), events.data(), events.size()) <= 0) return false;
  return true;
}

Launch SupervisedTest::probe(std::vector<std::string> arguments) {
  Launch launch;
  launch.candidates = {built("tests/process/probe")};
  launch.argv = {"probe"};
  launch.argv.insert(launch.argv.end(), arguments.begin(), arguments.end());
  return launch;
}

Command SupervisedTest::waiting(SupervisorEnd& line, Key key, int code) {
  Command command = send_launch(line, key, probe({"wait", std::to_string(code)}));
  EXPECT_TRUE(line.await<Launched>(key));
  return command;
}

bool becomes_reaped(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (::kill(pid, 0) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::sched_yield();
  }
  return true;
}

UniqueFd hold_pipe(SupervisorEnd& line, std::uint32_t number, Box box, Tag tag) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  Hold hold;
  hold.box = box;
  hold.number = number;
  hold.count = 1;
  hold.tags[0] = tag;
  EXPECT_EQ(line.send(hold, {writer.get()}), 0);
  return reader;
}

}  // namespace coppice::process::test
