#include "bench/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
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

bool runs(pid_t pid, const char* program) {
  std::error_code gone;
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone).filename() == program;
}

// The number behind `name` in a file of lines such as "Pss:  12 kB"; 0 if there is none.
double number_in(const fs::path& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.rfind(name, 0) == 0) return std::stod(line.substr(name.size()));
  return 0;
}

double proportional_set(pid_t pid) {
  return pid < 0 ? 0 : number_in("/proc/" + std::to_string(pid) + "/smaps_rollup", "Pss:") * 1024;
}

std::string new_directory() {
  std::string pattern = fs::temp_directory_path().string() + "/daemon-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw errno_error("mkdtemp", pattern, errno);
  return pattern;
}

// Between fork and exec of a program with one thread.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& log, int ready) {
  // A benchmark that is ended from outside takes its daemon along.
  ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGTERM), 0UL, 0UL, 0UL);
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

DaemonProcess::DaemonProcess(const std::string& coppiced, const std::vector<int>& cores,
                             const std::vector<std::string>& options)
    : directory_(new_directory()) {
  const Bound bound(cores);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  std::vector<std::string> words = {coppiced,    "--socket", socket(),
                                    "--state",   directory_ + "/state",
                                    "--runtime", directory_ + "/run",
                                    "--ready-fd", "3"};
  words.insert(words.end(), options.begin(), options.end());
  const std::string log = directory_ + "/log";
  const auto before = Clock::now();
  pid_ = ::fork();
  if (pid_ < 0) throw errno_error("fork", "", errno);
  if (pid_ == 0) become(words, log, to.get());
  to.reset();
  char answer[8];
  const bool serves = ::read(from.get(), answer, sizeof answer) > 0;
  start_time_ = Clock::now() - before;
  if (serves) return;
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
  return varlink::Client::connect(varlink::parse_address("unix:" + socket()));
}

pid_t DaemonProcess::supervisor() const {
  std::error_code gone;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid_) + "/task", gone)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;)
      if (runs(child, "coppiced")) return child;
  }
  return -1;
}

DaemonProcess::Memory DaemonProcess::memory() const {
  return {proportional_set(pid_), proportional_set(supervisor())};
}

std::vector<ThreadUse> DaemonProcess::use() const {
  std::vector<ThreadUse> uses = use_of(pid_);
  for (const ThreadUse& use : use_of(supervisor())) uses.push_back(use);
  return uses;
}

double DaemonProcess::copied() const {
  const fs::path io = "/proc/" + std::to_string(supervisor()) + "/io";
  return number_in(io, "rchar:") + number_in(io, "wchar:");
}

}  // namespace coppice::bench
