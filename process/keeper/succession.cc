#include "process/keeper/succession.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>


namespace coppice::process {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

// Made before there is a child: what it calls must not allocate.
struct Execution {
  UniqueFd file;
  std::vector<int> descriptors;  // the file's among them
  std::vector<std::string> words;
  std::vector<char*> argv;

  void set_inherited(bool inherited) const {
    // They are open: this cannot fail.
    for (const int fd : descriptors) static_cast<void>(::fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC));
  }
};

Execution prepare(const OwnProgram& program, const KeeperHandover& handover) {
  Execution execution;
  execution.file = seal_handover(write_handover(handover));
  execution.descriptors = handover.descriptors();
  execution.descriptors.push_back(execution.file.get());
  execution.words = {program.arguments.front(), "--resume", std::to_string(execution.file.get())};
  execution.words.insert(execution.words.end(), program.arguments.begin() + 1, program.arguments.end());
  for (auto& word : execution.words) execution.argv.push_back(word.data());
  execution.argv.push_back(nullptr);
  return execution;
}

// In the child: what it says through `report` is an errno, nothing when it has been executed.
[[noreturn]] void become_successor(const char* path, const Execution& execution, int report) {
  ::setsid();
  execution.set_inherited(true);
  ::execv(path, execution.argv.data());
  const int error = errno;
  static_cast<void>(::write(report, &error, sizeof error) == sizeof error);
  ::_exit(1);
}

int await_execution(int report) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

int start_child(const OwnProgram& program, const KeeperHandover& handover) {
  const Execution execution = prepare(program, handover);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) become_successor(program.path.c_str(), execution, writer.get());
  writer.reset();
  const int error = await_execution(reader.get());
  if (error != 0) ::waitpid(pid, nullptr, 0);
  return error;
}

}  // namespace

std::string own_path() {
  const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  // Absolute, and not a name for the file that is executed now, whatever is in its place later.
  if (executed && executed[0] == '/' && std::strncmp(executed, "/proc/", 6) != 0 && std::strncmp(executed, "/dev/", 5) != 0)
    return executed;
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  std::string_view text(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  return std::string(text);
}

int execute_again(const OwnProgram& program, const KeeperHandover& handover) {
  try {
    const Execution execution = prepare(program, handover);
    execution.set_inherited(true);
    ::execv(program.path.c_str(), execution.argv.data());
    const int error = errno;
    execution.set_inherited(false);
    return error;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

int start_successor(const OwnProgram& program, const KeeperHandover& handover) {
  try {
    return start_child(program, handover);
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

std::optional<KeeperHandover> resume_from(int number) {
  const UniqueFd file(number);
  auto handover = read_handover(load_handover(file.get()));
  if (!handover) {
    std::fputs("coppice-keeper: the hand-over of the keeper before cannot be read: it is lost\n", stderr);
    return std::nullopt;
  }
  for (const int fd : handover->descriptors()) static_cast<void>(::fcntl(fd, F_SETFD, FD_CLOEXEC));
  return handover;
}

}  // namespace coppice::process
