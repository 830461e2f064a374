#include "tests/conversation/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "base/errno_text.h"

extern char** environ;

namespace coppice::conversation {
namespace {

constexpr int kEndTimeoutMilliseconds = 120 * 1000;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

// Ours with `over` in place of what has the same name.
std::vector<std::string> merged_environment(const std::vector<std::string>& over) {
  std::vector<std::string> result = over;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view own = *entry;
    const std::string_view name = own.substr(0, own.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : over) replaced = replaced || other.starts_with(name);
    if (!replaced) result.emplace_back(own);
  }
  return result;
}

class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

pid_t spawn(const std::vector<std::string>& arguments, Actions& actions,
            const std::vector<std::string>& environment) {
  const std::vector<std::string> merged = merged_environment(environment);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0].c_str(), actions.get(), nullptr,
                                pointers(arguments).data(), pointers(merged).data());
  if (error != 0) throw errno_error("posix_spawn", arguments[0], error);
  return pid;
}

int reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw errno_error("waitpid", std::to_string(pid), errno);
  return status;
}

}  // namespace

Ended run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", arguments[0], errno);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  Actions actions;
  posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), write_end.get(), 1);
  posix_spawn_file_actions_adddup2(actions.get(), write_end.get(), 2);
  const pid_t pid = spawn(arguments, actions, environment);
  write_end.reset();

  Ended ended;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(read_end.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    ended.output.append(buffer, static_cast<std::size_t>(got));
  }
  ended.status = reap(pid);
  return ended;
}

Beside::Beside(const std::vector<std::string>& arguments, const std::string& log,
               const UniqueFd& extra, int extra_as) {
  Actions actions;
  posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(actions.get(), 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_adddup2(actions.get(), 1, 2);
  posix_spawn_file_actions_adddup2(actions.get(), extra.get(), extra_as);
  pid_ = spawn(arguments, actions, {});
}

int Beside::end() {
  const pid_t pid = pid_;
  pid_ = -1;
  // Opened before it is reaped, so it is this process and no other.
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  kill(pid, SIGTERM);
  pollfd watched{process.get(), POLLIN, 0};
  if (process && poll(&watched, 1, kEndTimeoutMilliseconds) == 0) kill(pid, SIGKILL);
  return reap(pid);
}

Beside::~Beside() {
  try {
    if (pid_ > 0) (void)end();
  } catch (const std::exception&) {
    // Reaped by nobody else, so it is gone either way; a test that failed is reported already.
  }
}

}  // namespace coppice::conversation
