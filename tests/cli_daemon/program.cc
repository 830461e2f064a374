#include "tests/cli_daemon/program.h"

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

namespace coppice::cli_daemon {
namespace {

// No machine is so loaded that what is still missing then will come.
constexpr int kDeadlineMilliseconds = 120 * 1000;
constexpr int kExtraDescriptor = 3;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Actions {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  Actions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  }
  ~Actions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

void poll_all(std::vector<pollfd>& polled) {
  int ready = 0;
  do ready = ::poll(polled.data(), polled.size(), kDeadlineMilliseconds);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) throw errno_error("poll", "a program under test", errno);
  if (ready == 0) throw std::runtime_error("nothing came from a program under test in time");
}

}  // namespace

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd open_pidfd(pid_t pid) {
  if (pid <= 1) return UniqueFd();
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd && errno != ESRCH) throw errno_error("pidfd_open", std::to_string(pid), errno);
  return fd;
}

bool await_exit(int pidfd) {
  if (pidfd < 0) return true;
  pollfd polled{pidfd, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&polled, 1, kDeadlineMilliseconds);
  while (ready < 0 && errno == EINTR);
  return ready == 1;
}

Program::Program(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment, UniqueFd input, UniqueFd extra) {
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  Actions spawn;
  if (input)
    posix_spawn_file_actions_adddup2(&spawn.actions, input.get(), STDIN_FILENO);
  else
    posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&spawn.actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&spawn.actions, error.write.get(), STDERR_FILENO);
  if (extra) posix_spawn_file_actions_adddup2(&spawn.actions, extra.get(), kExtraDescriptor);
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = environment;
  const int failure = ::posix_spawn(&pid_, words[0].c_str(), &spawn.actions, &spawn.attributes,
                                    pointers(words).data(), pointers(variables).data());
  if (failure != 0) throw errno_error("posix_spawn", words[0], failure);
  pidfd_ = open_pidfd(pid_);
  output_.fd = std::move(output.read);
  error_.fd = std::move(error.read);
}

Program::~Program() {
  if (pid_ < 0) return;
  static_cast<void>(::kill(pid_, SIGKILL));  // it is not reaped, so the number is its own
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Program::signal(int number) const {
  if (::kill(pid_, number) != 0) throw errno_error("kill", std::to_string(pid_), errno);
}

bool Program::read_some() {
  std::vector<pollfd> polled;
  std::vector<Capture*> captures;
  for (Capture* capture : {&output_, &error_}) {
    if (!capture->fd) continue;
    polled.push_back({capture->fd.get(), POLLIN, 0});
    captures.push_back(capture);
  }
  if (polled.empty()) return false;
  poll_all(polled);
  for (std::size_t index = 0; index < polled.size(); ++index) {
    if (polled[index].revents == 0) continue;
    char buffer[65536];
    const ssize_t size = ::read(polled[index].fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0)
      captures[index]->fd.reset();
    else
      captures[index]->text.append(buffer, static_cast<std::size_t>(size));
  }
  return true;
}

void Program::await(Capture& capture, const std::string& text) {
  while (capture.text.find(text) == std::string::npos)
    if (!capture.fd || !read_some())
      throw std::runtime_error("the program ended without \"" + text + "\": " + output_.text + error_.text);
}

Ended Program::end() {
  while (read_some()) {
  }
  if (!await_exit(pidfd_.get())) throw std::runtime_error("the program does not end");
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) throw errno_error("waitpid", std::to_string(pid_), errno);
  pid_ = -1;
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, std::move(output_.text), std::move(error_.text)};
}

}  // namespace coppice::cli_daemon
