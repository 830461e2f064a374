#include "bench/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "base/errno_text.h"
#include "bench/cores.h"

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool is_ours(pid_t pid) {
  std::error_code gone;
  const fs::path program = fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone);
  return program.filename() == "coppiced" || program.filename() == "coppice-keeper";
}

std::string new_directory() {
  std::string pattern = fs::temp_directory_path().string() + "/coppice-bench-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw errno_error("mkdtemp", pattern, errno);
  return pattern;
}

// Between fork and exec of a program with one thread.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& log, int ready) {
  const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(to, 1);
  ::dup2(to, 2);
  // dup2 clears close-on-exec, but not onto itself.
  if (ready == 3)
    ::fcntl(3, F_SETFD, 0);
  else
    ::dup2(ready, 3);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

DaemonProcess::DaemonProcess(const std::string& coppiced, const std::vector<int>& cores)
    : directory_(new_directory()) {
  const Bound bound(cores);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const std::vector<std::string> words = {coppiced,    "--socket", directory_ + "/socket",
                                          "--state",   directory_ + "/state",
                                          "--runtime", directory_ + "/run",
                                          "--ready-fd", "3"};
  const std::string log = directory_ + "/log";
  pid_ = ::fork();
  if (pid_ < 0) throw errno_error("fork", "", errno);
  if (pid_ == 0) become(words, log, to.get());
  to.reset();
  char answer[8];
  if (::read(from.get(), answer, sizeof answer) > 0) return;
  const std::string said = text_of(log);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  fs::remove_all(directory_);
  throw std::runtime_error("coppiced did not start: " + said);
}

DaemonProcess::~DaemonProcess() {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  ::kill(pid_, SIGTERM);
  pollfd poll{pidfd.get(), POLLIN, 0};
  if (pidfd && ::poll(&poll, 1, 60000) == 0) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

varlink::Client DaemonProcess::connect() const {
  return varlink::Client::connect(varlink::parse_address("unix:" + directory_ + "/socket"));
}

std::vector<pid_t> DaemonProcess::processes() const {
  std::vector<pid_t> found = {pid_};
  const fs::path tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& task : fs::directory_iterator(tasks)) {
    std::istringstream children(text_of(task.path() / "children"));
    for (pid_t child = 0; children >> child;)
      if (is_ours(child)) found.push_back(child);
  }
  return found;
}

double DaemonProcess::memory() const {
  double kibibytes = 0;
  for (const pid_t pid : processes()) {
    std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string line; std::getline(rollup, line);)
      if (line.rfind("Pss:", 0) == 0) kibibytes += std::stod(line.substr(4));
  }
  return kibibytes * 1024;
}

std::vector<ThreadUse> DaemonProcess::use() const {
  std::vector<ThreadUse> uses;
  for (const pid_t pid : processes()) {
    const fs::path process = "/proc/" + std::to_string(pid);
    const std::string name = first_line(process / "comm");
    for (const auto& task : fs::directory_iterator(process / "task")) {
      std::istringstream schedule(text_of(task.path() / "schedstat"));
      ThreadUse use;
      use.process = name + " " + std::to_string(pid);
      use.thread = task.path().filename().string() + " " + first_line(task.path() / "comm");
      schedule >> use.running_micros >> use.waiting_micros >> use.switches;
      use.running_micros /= 1000;
      use.waiting_micros /= 1000;
      uses.push_back(use);
    }
  }
  return uses;
}

}  // namespace coppice::bench
