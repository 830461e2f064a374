#include "tests/support/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "base/errno_text.h"
#include "tests/support/observe.h"

namespace coppice::support {
namespace {

constexpr int kReadyDescriptor = 3;

// Bazel runs a test in the root of its runfiles.
std::string program() { return std::filesystem::absolute("daemon/coppiced"); }
std::string keeper_program() { return std::filesystem::absolute("process/keeper/coppice-keeper"); }

std::string make_folder() {
  std::string pattern = "/tmp/coppice-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw errno_error("mkdtemp", pattern, errno);
  return pattern;
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

Process::Process(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<std::string> words = {program(), "--keeper", keeper_program(), "--ready-fd",
                                    std::to_string(kReadyDescriptor)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
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
    ::execv(argv[0], argv.data());
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

Daemon::Daemon(const std::vector<std::string>& more) {
  std::vector<std::string> all = arguments();
  all.insert(all.end(), more.begin(), more.end());
  process_.emplace(all, folder() + "/stderr");
  if (!process_->await_ready()) throw std::runtime_error("coppiced does not get ready: " + said());
  supervisor_ = children_of(keeper()).at(0);
}

Daemon::~Daemon() {
  process_->signal(SIGTERM);
  process_->await_end();
}

std::vector<std::string> Daemon::arguments() const {
  return {"--socket", socket(), "--state", folder() + "/state", "--runtime", folder() + "/run"};
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
