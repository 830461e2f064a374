#include "process/keeper/supervisor_child.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/errno_text.h"
#include "process/packet_socket.h"

namespace coppice::process {
namespace {

constexpr int kCannotExecute = 126;
constexpr std::string_view kListenPid = "LISTEN_PID=";

// Its end of the line has this prefix in the environment of the child.
constexpr std::string_view kKeeperVariable = "COPPICE_KEEPER_FD=";
constexpr std::string_view kWatchdogVariable = "COPPICE_KEEPER_WATCHDOG=";

// All that the child needs, made before there is one.
struct Words {
  std::vector<std::string> arguments;
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> environment;
  // Where LISTEN_PID's number belongs, if it is to name the child; the variable has room for it.
  char* listen_pid = nullptr;
};

bool is_listening(std::string_view variable) {
  return variable.starts_with(kListenPid) || variable.starts_with("LISTEN_FDS=") ||
         variable.starts_with("LISTEN_FDNAMES=");
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

Words prepare(const SupervisorProgram& program, Life life, int socket) {
  constexpr std::size_t kNumberRoom = 16;
  Words words;
  words.arguments = program.arguments;
  const std::string own = std::string(kListenPid) + std::to_string(::getpid());
  std::optional<std::size_t> listen;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with(kKeeperVariable) || text.starts_with(kWatchdogVariable)) continue;
    if (life == Life::later && is_listening(text)) continue;
    if (text == own) listen = words.variables.size();
    words.variables.emplace_back(text);
  }
  words.variables.push_back(std::string(kKeeperVariable) + std::to_string(socket));
  if (program.watchdog.count() > 0)
    words.variables.push_back(std::string(kWatchdogVariable) + std::to_string(program.watchdog.count()));
  if (listen) words.variables[*listen].resize(kListenPid.size() + kNumberRoom);
  words.argv = pointers(words.arguments);
  words.environment = pointers(words.variables);
  if (listen) words.listen_pid = words.variables[*listen].data() + kListenPid.size();
  return words;
}

[[noreturn]] void become_supervisor(const SupervisorProgram& program, Words& words, int socket) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(socket, F_SETFD, 0);
  if (program.descriptor_limit) ::setrlimit(RLIMIT_NOFILE, &*program.descriptor_limit);
  if (words.listen_pid) *std::to_chars(words.listen_pid, words.listen_pid + 15, ::getpid()).ptr = '\0';
  ::execve(program.path.c_str(), words.argv.data(), words.environment.data());
  const char* const error = ::strerrordesc_np(errno);
  for (const char* part : {"coppice-keeper: exec \"", program.path.c_str(), "\": ", error ? error : "unknown error", "\n"})
    static_cast<void>(::write(STDERR_FILENO, part, std::strlen(part)) >= 0);
  ::_exit(kCannotExecute);
}

}  // namespace

SupervisorChild start_supervisor(const SupervisorProgram& program, Life life) {
  auto [ours, theirs] = packet_pair();
  Words words = prepare(program, life, theirs.get());
  const pid_t pid = ::fork();
  if (pid < 0) throw errno_error("fork", program.path, errno);
  if (pid == 0) become_supervisor(program, words, theirs.get());
  SupervisorChild child;
  child.pid = pid;
  child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd) throw errno_error("pidfd_open", program.path, errno);
  child.socket = std::move(ours);
  return child;
}

}  // namespace coppice::process
