#include "process/keeper/supervisor_child.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/errno_text.h"
#include "process/packet_socket.h"

namespace coppice::process {
namespace {

constexpr int kCannotExecute = 126;

[[noreturn]] void become_supervisor(const std::string& program, std::vector<std::string>& arguments,
                                    int socket, pid_t keeper) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(socket, F_SETFD, 0);
  ::setenv("COPPICE_KEEPER_FD", std::to_string(socket).c_str(), 1);
  const char* listener = std::getenv("LISTEN_PID");
  if (listener && std::to_string(keeper) == listener)
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  std::vector<char*> words;
  for (auto& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  std::fprintf(stderr, "coppice-keeper: %s\n", errno_message("exec", program, errno).c_str());
  ::_exit(kCannotExecute);
}

}  // namespace

SupervisorChild start_supervisor(const std::string& program, std::vector<std::string> arguments) {
  auto [ours, theirs] = packet_pair();
  const pid_t keeper = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw errno_error("fork", program, errno);
  if (pid == 0) become_supervisor(program, arguments, theirs.get(), keeper);
  SupervisorChild child;
  child.pid = pid;
  child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd) throw errno_error("pidfd_open", program, errno);
  child.socket = std::move(ours);
  return child;
}

}  // namespace coppice::process
