// Processes that are hard to end.
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/escape/programs/tree.h"

namespace escapee {

void ignore_signals(const std::string& ready) {
  for (int signo = 1; signo < NSIG; ++signo) std::signal(signo, SIG_IGN);
  branch([] {});
  stand(ready);
  linger();
}

void stop_itself(const std::string& ready) {
  const pid_t child = branch([] { std::raise(SIGSTOP); });
  if (::waitpid(child, nullptr, WUNTRACED) != child) give_up("waitpid");
  stand(ready);
  std::raise(SIGSTOP);
  linger();
}

void trace_sibling(const std::string& ready) {
  const pid_t traced = branch([] {
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    linger();
  });
  branch([&] {
    if (::ptrace(PTRACE_SEIZE, traced, nullptr, nullptr) != 0) give_up("ptrace seize");
    if (::ptrace(PTRACE_INTERRUPT, traced, nullptr, nullptr) != 0) give_up("ptrace interrupt");
    int status = 0;
    if (::waitpid(traced, &status, __WALL) != traced || !WIFSTOPPED(status)) give_up("wait for the traced");
    stand(ready);
  });
  linger();
}

void block_in_vfork(const std::string& ready) {
  branch([&] {
    const pid_t pid = ::vfork();
    if (pid == 0) {
      stand(ready);
      linger();
    }
  });
  linger();
}

void lose_main_thread(const std::string& ready) {
  branch([&] {
    std::thread([ready] {
      // "Z": the main thread has exited, and the process goes on.
      const std::string main = "/proc/self/stat";
      while (read_text(main).find(") Z ") == std::string::npos) ::usleep(1000);
      stand(ready);
      linger();
    }).detach();
    ::pthread_exit(nullptr);
  });
  linger();
}

}  // namespace escapee
