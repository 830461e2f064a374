#include "cli/private_daemon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/errno_text.h"
#include "cli/daemon_program.h"
#include "cli/predecessor.h"
#include "cli/terminal.h"
#include "cli/trouble.h"
#include "config/places.h"

namespace coppice::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kIdleExit[] = "300000";
constexpr std::string_view kReady = "ready\n";
// Of a log that tells why the daemon would not start.
constexpr std::size_t kShownOfLog = 4096;
// Where the daemon finds the pipe on which it reports.
constexpr int kReadyDescriptor = 3;

// At the usual place the daemon's usual directories serve; elsewhere it gets some beside its socket,
// for two daemons must not share any.
config::Places places_of(const Target& target) {
  config::Places places = config::default_places(::geteuid());
  if (target.usual_place) return places;
  places.socket = target.address.name;
  places.runtime_directory = target.address.name + ".runtime";
  places.state_directory = target.address.name + ".state";
  return places;
}

struct Program {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

std::string idle_exit() {
  const char* variable = std::getenv("COPPICE_IDLE_EXIT");
  return variable != nullptr && *variable != '\0' ? variable : kIdleExit;
}

Program program_of(const Target& target) {
  const config::Places places = places_of(target);
  Program program;
  program.environment = daemon_environment();
  program.arguments = {find_daemon_program(), "--private",
                       "--socket",            target.address.name,
                       "--state",             places.state_directory,
                       "--runtime",           places.runtime_directory,
                       "--idle-exit",         idle_exit(),
                       "--ready-fd",          std::to_string(kReadyDescriptor)};
  return program;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct Descriptors {
  int null;
  int log;
  int ready;
};

void default_signals() {
  // What the caller ignores or blocks (nohup, a shell's background job) is not the daemon's business.
  for (int number = 1; number < NSIG; ++number) static_cast<void>(::signal(number, SIG_DFL));
  sigset_t none;
  sigemptyset(&none);
  static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
}

// The child's part, after fork: async-signal-safe calls only. It forks once more, so that the daemon
// is nobody's child whose exit the caller would have to collect, and no leader of its session.
[[noreturn]] void become_daemon(Descriptors from, char** arguments, char** environment) {
  if (::setsid() < 0) ::_exit(1);
  const pid_t daemon = ::fork();
  if (daemon != 0) ::_exit(daemon < 0 ? 1 : 0);
  default_signals();
  // All of `from` are above kReadyDescriptor: none is overwritten before it is used.
  if (::dup2(from.null, 0) < 0 || ::dup2(from.log, 1) < 0 || ::dup2(from.log, 2) < 0 ||
      ::dup2(from.ready, kReadyDescriptor) < 0 || ::close_range(kReadyDescriptor + 1, ~0U, 0) != 0 ||
      ::chdir("/") != 0)
    ::_exit(1);
  static_cast<void>(::umask(022));
  ::execve(arguments[0], arguments, environment);
  ::_exit(1);
}

UniqueFd open_file(const std::string& path, int flags) {
  UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
  if (!file) throw errno_error("open", path, errno);
  return file;
}

// Above the numbers that the daemon's own descriptors get.
UniqueFd moved_up(UniqueFd fd) {
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kReadyDescriptor + 1));
  if (!moved) throw errno_error("fcntl F_DUPFD_CLOEXEC", "a descriptor for the daemon", errno);
  return moved;
}

std::string read_all(int fd, std::size_t most) {
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const ssize_t count = ::read(fd, text.data() + size, most - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

void collect(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Trouble refused(const std::string& program, const std::string& log_path, off_t log_start) {
  const UniqueFd log = open_file(log_path, O_RDONLY);
  static_cast<void>(::lseek(log.get(), log_start, SEEK_SET));  // from its start, then: more is told
  std::string said = read_all(log.get(), kShownOfLog);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  std::string lines;
  for (const char c : said) lines += c == '\n' ? std::string("\n  ") : printable(std::string_view(&c, 1));
  return Trouble("no daemon runs, and a private one (" + program + ") would not start" +
                 (lines.empty() ? "; it said nothing" : ":\n  " + lines) + "\n  (log: " + log_path + ")");
}

}  // namespace

StartLock::StartLock(const varlink::Address& address) {
  if (address.abstract)
    throw Trouble("no daemon answers at @" + address.name +
                  ", and a private one is started at a path only: start coppiced there, or name a path");
  const fs::path folder = fs::path(address.name).parent_path();
  std::error_code failure;
  if (!fs::exists(folder, failure) || address.name == config::default_places(::geteuid()).socket)
    config::make_private_directory(folder.string());
  file_ = open_file(address.name + ".start", O_RDWR | O_CREAT);
  while (::flock(file_.get(), LOCK_EX) != 0)
    if (errno != EINTR) throw errno_error("flock", address.name + ".start", errno);
}

std::string private_log(const Target& target) {
  return places_of(target).state_directory + "/private-daemon.log";
}

void start_private_daemon(const Target& target) {
  Program program = program_of(target);
  const std::string log_path = private_log(target);
  const std::string state_directory = fs::path(log_path).parent_path().string();
  try {
    config::make_private_directory(state_directory);
  } catch (const std::exception& error) {
    throw Trouble("a private daemon has no place for its logs: " + std::string(error.what()) +
                  "; let HOME or XDG_STATE_HOME name a directory that you may write to");
  }
  await_predecessor(state_directory);
  const UniqueFd log = moved_up(open_file(log_path, O_WRONLY | O_CREAT | O_APPEND));
  const off_t log_start = ::lseek(log.get(), 0, SEEK_END);
  const UniqueFd null = moved_up(open_file("/dev/null", O_RDWR));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "the daemon's report", errno);
  const UniqueFd report(ends[0]);
  UniqueFd ready = moved_up(UniqueFd(ends[1]));

  const std::vector<char*> arguments = pointers_to(program.arguments);
  const std::vector<char*> environment = pointers_to(program.environment);
  const pid_t child = ::fork();
  if (child < 0) throw errno_error("fork", "the daemon", errno);
  if (child == 0)
    become_daemon({null.get(), log.get(), ready.get()}, const_cast<char**>(arguments.data()),
                  const_cast<char**>(environment.data()));
  ready.reset();
  collect(child);
  if (read_all(report.get(), kReady.size()) != kReady)
    throw refused(program.arguments.front(), log_path, log_start);
}

}  // namespace coppice::cli
