#include "daemon/program_check.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::daemon {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBound = 10s;
constexpr std::size_t kLongestAnswer = 4096;
// Of the keeper's hand-over to its own successor (process/keeper/handover.h).
constexpr int kHandoverVersion = 1;

// The kernel marks the link of a program whose file has been replaced.
std::string without_mark(std::string path) {
  constexpr std::string_view kMark = " (deleted)";
  if (path.ends_with(kMark)) path.resize(path.size() - kMark.size());
  return path;
}

struct Answer {
  // Nothing if it could not be started or did not end.
  std::optional<int> code;
  std::string text;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class Spawned {
 public:
  Spawned(const std::vector<std::string>& words, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    // Our threads block every signal.
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    error_ = ::posix_spawn(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }

  int error() const { return error_; }

  // Waits for it; kills it before if it is not to be waited for.
  int collect(bool kill) {
    if (kill) ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

 private:
  pid_t pid_ = 0;
  int error_ = 0;
};

// What comes out of the pipe until it ends; false if it has not by then.
bool read_to_end(int pipe, Clock::time_point deadline, std::string& text) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd event{pipe, POLLIN, 0};
    if (left <= 0 || ::poll(&event, 1, static_cast<int>(left)) == 0) return false;
    char piece[512];
    const ssize_t size = ::read(pipe, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    if (text.size() < kLongestAnswer) text.append(piece, static_cast<std::size_t>(size));
  }
}

Answer ask(const std::vector<std::string>& words) {
  Answer answer;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", words[0], errno);
  const UniqueFd output(ends[0]);
  UniqueFd input(ends[1]);
  Spawned spawned(words, input.get());
  input.reset();
  if (spawned.error() != 0) {
    answer.text = errno_message("execute", words[0], spawned.error());
    return answer;
  }
  const bool ended = read_to_end(output.get(), Clock::now() + kBound, answer.text);
  const int status = spawned.collect(!ended);
  if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
  if (!ended) answer.text = "\"" + words[0] + "\" did not answer";
  return answer;
}

std::string refusal(const std::string& program, const Answer& answer) {
  return "\"" + program + "\" cannot go on with what this daemon has left (" + first_line(answer.text) +
         "): install a version that can, or end the daemon and start the new one when its jobs have ended";
}

}  // namespace

Programs own_programs(pid_t keeper) {
  const auto program = [](const std::string& process) {
    return without_mark(std::filesystem::read_symlink("/proc/" + process + "/exe"));
  };
  return {program("self"), program(std::to_string(keeper))};
}

ProgramCheck check_programs(const Programs& programs) {
  ProgramCheck check;
  const Answer supervisor = ask({programs.supervisor, "--reads-state", std::to_string(kStateVersion)});
  if (supervisor.code != 0) {
    check.problem = refusal(programs.supervisor, supervisor);
    return check;
  }
  // "coppiced 0.2.0"
  const std::string line = first_line(supervisor.text);
  check.version = line.substr(line.find(' ') + 1);
  const Answer keeper = ask({programs.keeper, "--reads-handover", std::to_string(kHandoverVersion)});
  if (keeper.code != 0) check.problem = refusal(programs.keeper, keeper);
  return check;
}

}  // namespace coppice::daemon
