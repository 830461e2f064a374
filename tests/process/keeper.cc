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

constexpr int kPatience = 30'000;  // ms; the machine may be busy

bool readable(int fd, short what = POLLIN) {
  pollfd poll{fd, what, 0};
  while (true) {
    const int ready = ::poll(&poll, 1, kPatience);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

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

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

std::string built(const std::string& path) { return std::filesystem::absolute(path).string(); }

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (readable(fd)) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ADD_FAILURE() << "no end of output after 30 s: " << text;
  return text;
}

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
    : errors_(::memfd_create("errors", MFD_CLOEXEC)) {
  auto [ours, theirs] = packet_pair();
  socket_ = std::move(ours);
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
}

Keeper::~Keeper() {
  if (end()) return;
  ADD_FAILURE() << "the keeper does not end";
  // It has not been reaped: the number is its own.
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

int Keeper::send(const Request& request, const std::vector<int>& descriptors) {
  return send_packet(socket_.get(), encode(request).view(), descriptors, Blocking::yes);
}

std::optional<Report> Keeper::next() {
  if (!readable(socket_.get())) {
    ADD_FAILURE() << "the keeper says nothing for 30 s";
    return std::nullopt;
  }
  std::array<std::byte, kMaxPacketSize> buffer;
  std::vector<UniqueFd> none;
  const Received received = receive_packet(socket_.get(), buffer, none, Blocking::no);
  if (received.kind != Receive::packet) return std::nullopt;
  const auto report = decode_report(std::span(buffer).first(received.size));
  EXPECT_TRUE(report) << "a report that cannot be decoded";
  if (report) seen.push_back(*report);
  return report;
}

bool Keeper::answers() {
  if (send(Hello{}) != 0) return false;
  while (const auto report = next()) {
    if (std::holds_alternative<Hello>(*report)) return true;
    pending_.push_back(*report);
  }
  return false;
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

Command KeeperTest::launch(const Launch& launch, int pen, int other_input) {
  Command command;
  command.key = ++last_key_;
  const UniqueFd record = seal(launch);
  auto [input, our_input] = make_pipe();
  auto [our_output, output] = make_pipe();
  auto [our_errors, errors] = make_pipe();
  command.input = std::move(our_input);
  command.output = std::move(our_output);
  command.errors = std::move(our_errors);
  LaunchRequest request;
  request.key = command.key;
  request.has_pen = pen >= 0 ? 1 : 0;
  std::vector<int> descriptors{record.get(), other_input >= 0 ? other_input : input.get(), output.get(), errors.get()};
  if (pen >= 0) descriptors.push_back(pen);
  EXPECT_EQ(keeper().send(request, descriptors), 0);
  return command;
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
