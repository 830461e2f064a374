// A process tree that tries to get away from whoever started it: every member ignores the polite
// signals, and each has another trick. They end by themselves after ten minutes.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>

namespace {

constexpr unsigned kLifetimeSeconds = 600;
constexpr int kForkEveryMilliseconds = 20;
constexpr int kBeatEveryMilliseconds = 500;

// Every member says one byte into it when it is where it wants to be.
int ready_pipe[2];

__attribute__((format(printf, 1, 2))) void say(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  // Nobody may be listening any more, and a runaway does not mind.
  if (length > 0) (void)!::write(STDOUT_FILENO, line, static_cast<size_t>(length));
}

pid_t split() {
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("runaway: fork");
    std::exit(1);
  }
  return child;
}

void settle(const char* trick) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE})
    (void)::signal(signal, SIG_IGN);
  ::alarm(kLifetimeSeconds);
  say("%-14s pid %d, session %d: %s\n", "runaway:", ::getpid(), ::getsid(0), trick);
  (void)!::write(ready_pipe[1], "r", 1);
}

[[noreturn]] void idle() {
  for (;;) ::pause();
}

// The classic daemon: its parent is gone, its session is new.
bool daemonize() {
  if (const pid_t child = split(); child != 0) {
    ::waitpid(child, nullptr, 0);
    return false;
  }
  ::setsid();
  if (split() != 0) ::_exit(0);
  return true;
}

[[noreturn]] void beat() {
  settle("double fork and setsid, and goes on talking");
  for (int count = 1;; ++count) {
    ::poll(nullptr, 0, kBeatEveryMilliseconds);
    say("%-14s beat %d of pid %d\n", "daemon:", count, ::getpid());
  }
}

// A new process every few milliseconds, each a child of the one that has just ended: whoever goes
// through a list of pids and signals them is always late.
[[noreturn]] void fork_on() {
  settle("forks on, a new pid every 20 ms");
  const std::time_t end = std::time(nullptr) + kLifetimeSeconds;
  while (std::time(nullptr) < end) {
    if (split() != 0) ::_exit(0);
    ::poll(nullptr, 0, kForkEveryMilliseconds);
  }
  ::_exit(0);
}

}  // namespace

int main() {
  if (::pipe2(ready_pipe, O_CLOEXEC) != 0) {
    std::perror("runaway: pipe2");
    return 1;
  }
  settle("the main process, ignores every polite signal");
  if (split() == 0) {
    ::setpgid(0, 0);
    settle("a process group of its own");
    idle();
  }
  if (split() == 0) {
    settle("stops itself, so that it handles no signal at all");
    for (;;) ::raise(SIGSTOP);
  }
  if (daemonize()) beat();
  if (daemonize()) fork_on();

  constexpr int kMembers = 5;
  char byte;
  for (int member = 0; member < kMembers; ++member)
    if (::read(ready_pipe[0], &byte, 1) != 1) return 1;
  say("%-14s everybody is away\n", "runaway:");
  idle();
}
