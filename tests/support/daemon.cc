#include "tests/support/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "base/errno_text.h"
#include "tests/support/observe.h"

namespace coppice::support {
namespace {

constexpr int kReadyDescriptor = 3;

// Bazel runs a test in the root of its runfiles.
std::string keeper_program() { return std::filesystem::absolute("process/keeper/coppice-keeper"); }

std::string make_folder() {
  std::string pattern = "/tmp/coppice-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw errno_error("mkdtemp", pattern, errno);
  return pattern;
}

using Words = std::vector<std::string>;

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words command_of(const Setting& setting) {
  const std::string program = std::filesystem::absolute(setting.program);
  Words words;
  if (setting.keeper_arguments.empty()) {
    append(words, {program, "--keeper", keeper_program()});
  } else {
    append(words, {keeper_program(), "--supervisor", program});
    append(words, setting.keeper_arguments);
    append(words, {"--"});
  }
  append(words, {"--ready-fd", std::to_string(kReadyDescriptor)});
  append(words, setting.arguments);
  return words;
}

Words environment_of(const Setting& setting) {
  Words entries = setting.environment;
  for (char** entry = environ; *entry; ++entry) entries.emplace_back(*entry);
  return entries;
}

std::vector<char*> pointers_to(Words& words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

// Dead, whether or not its parent has reaped it.
void await_death(const UniqueFd& pidfd) {
  pollfd event{pidfd.get(), POLLIN, 0};
  if (::poll(&event, 1, static_cast<int>(std::chrono::milliseconds(kDeadline).count())) != 1)
    throw std::runtime_error("a killed process does not die");
}

}  // namespace

std::string missing_privilege() {
  if (::geteuid() != 0) return "needs root to contain jobs";
  return cgroup_mount().empty() ? "needs a mount of cgroup2" : "";
}

Folder::Folder() : path_(make_folder()) {}

Folder::~Folder() {
  std::error_code failure;
  std::filesystem::remove_all(path_, failure);
}

Process::Process(const std::vector<std::string>& arguments, const std::string& log)
    : Process(Setting{.arguments = arguments}, log) {}

Process::Process(const Setting& setting, const std::string& log) {
  Words words = command_of(setting), entries = environment_of(setting);
  const std::vector<char*> argv = pointers_to(words), envp = pointers_to(entries);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  ready_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  const UniqueFd file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw errno_error("open", log, errno);
  pid_ = ::fork();
  if (pid_ < 0) throw errno_error("fork", "", errno);
  if (pid_ == 0) {
    ::dup2(file.get(), STDERR_FILENO);
    if (write_end.get() == kReadyDescriptor) {
      ::fcntl(kReadyDescriptor, F_SETFD, 0);
    } else {
      ::dup2(write_end.get(), kReadyDescriptor);
    }
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (status_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Process::await_ready() {
  pollfd event{ready_.get(), POLLIN, 0};
  const auto bound = std::chrono::milliseconds(kDeadline).count();
  char byte = 0;
  return ::poll(&event, 1, static_cast<int>(bound)) == 1 && ::read(ready_.get(), &byte, 1) == 1;
}

void Process::signal(int signo) const {
  if (!status_) ::kill(pid_, signo);
}

std::optional<int> Process::await_end() {
  eventually([this] {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_.has_value();
  });
  return status_;
}

Daemon::Daemon(const std::vector<std::string>& more) : Daemon(Setting{.arguments = more}) {}

Daemon::Daemon(Setting setting) : setting_(std::move(setting)) {
  const Words more = std::exchange(setting_.arguments, arguments());
  append(setting_.arguments, more);
  // Not those of this machine; a test may write some.
  std::ofstream{settings_file()};
  setting_.prepare(folder());
  start_again();
}

void Daemon::start_again() {
  process_.reset();
  process_.emplace(setting_, folder() + "/stderr");
  if (!process_->await_ready()) throw std::runtime_error("coppiced does not get ready: " + said());
}

Daemon::~Daemon() {
  process_->signal(SIGTERM);
  process_->await_end();
}

std::vector<std::string> Daemon::arguments() const {
  return {"--config", settings_file(), "--socket", socket(), "--state", folder() + "/state", "--runtime", folder() + "/run"};
}

// Jobs are children of the keeper, too: it is the program that tells them apart.
std::optional<pid_t> Daemon::find_supervisor() const {
  struct stat wanted {}, found {};
  if (::stat(setting_.program.c_str(), &wanted) != 0) throw errno_error("stat", setting_.program, errno);
  for (const pid_t pid : children_of(keeper())) {
    const std::string executable = "/proc/" + std::to_string(pid) + "/exe";
    if (::stat(executable.c_str(), &found) != 0) continue;
    if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino) return pid;
  }
  return std::nullopt;
}

pid_t Daemon::supervisor() const {
  const auto pid = find_supervisor();
  if (!pid) throw std::runtime_error("there is no supervisor: " + said());
  return *pid;
}

pid_t Daemon::await_supervisor() const {
  eventually([this] { return find_supervisor().has_value(); });
  return supervisor();
}

bool Daemon::kill_supervisor() {
  const auto pid = find_supervisor();
  if (!pid) return false;
  const UniqueFd pidfd = open_pidfd(*pid);
  // Still the one: the descriptor is of it, and not of what took its number.
  if (!pidfd || find_supervisor() != pid) return false;
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  await_death(pidfd);
  return true;
}

void Daemon::kill_both() {
  // Neither shall take the place of the other: the keeper sleeps while the supervisor dies.
  process_->signal(SIGSTOP);
  const auto pid = find_supervisor();
  const UniqueFd pidfd = pid ? open_pidfd(*pid) : UniqueFd();
  if (pidfd) {
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    await_death(pidfd);
  }
  process_->signal(SIGKILL);
  process_->await_end();
}

varlink::Client Daemon::connect() const {
  return varlink::Client::connect(varlink::parse_address(socket()));
}

std::string Daemon::said() const { return read_text(folder() + "/stderr"); }

std::optional<int> Daemon::end() {
  process_->signal(SIGTERM);
  return process_->await_end();
}

}  // namespace coppice::support
