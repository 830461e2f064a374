#include "bench/guard.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string>

#include "base/errno_text.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

namespace fs = std::filesystem;

// What a daemon may take to end its jobs.
constexpr timespec kPatience{60, 0};
constexpr int kEnded = 1;

class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path().string() + "/coppice-bench-XXXXXX") {
    if (!::mkdtemp(path_.data())) throw errno_error("mkdtemp", path_, errno);
    ::setenv("TMPDIR", path_.c_str(), 1);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  std::string path_;
};

int outcome_of(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    say(error.what());
    return kEnded;
  }
}

sigset_t watched() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) ::sigaddset(&set, signal);
  return set;
}

// The exit code of `child` once it has ended; others that end meanwhile are taken, too.
int await(pid_t child, const sigset_t& signals) {
  for (;;) {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
      if (pid == child) return WIFEXITED(status) ? WEXITSTATUS(status) : kEnded;
    const int signal = ::sigwaitinfo(&signals, nullptr);
    if (signal == SIGINT || signal == SIGTERM) ::kill(child, SIGKILL);
  }
}

// What the child had started became ours.
void await_others(const sigset_t& signals) {
  for (;;) {
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (pid < 0 || ::sigtimedwait(&signals, nullptr, &kPatience) < 0) return;
  }
}

}  // namespace

int run_guarded(const Place& place, const std::function<int()>& work) {
  const Scratch scratch;
  const sigset_t signals = watched();
  sigset_t before;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t child = ::fork();
  if (child < 0) throw errno_error("fork", "", errno);
  if (child == 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGKILL), 0UL, 0UL, 0UL);
    ::_exit(outcome_of(work));
  }
  const int code = await(child, signals);
  place.end_all();
  await_others(signals);
  return code;
}

}  // namespace coppice::bench
