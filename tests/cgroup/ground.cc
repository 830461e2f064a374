#include "tests/cgroup/ground.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "cgroup/files.h"
#include "process/info/process_info.h"

namespace coppice::cgroup::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string member_program() {
  char* path = ::realpath("tests/cgroup/member", nullptr);
  const std::string found = path ? path : "";
  std::free(path);
  return found;
}

}  // namespace

char Member::next() const {
  pollfd readable{output.get(), POLLIN, 0};
  char byte = 0;
  if (::poll(&readable, 1, 20'000) != 1 || ::read(output.get(), &byte, 1) != 1) return 0;
  return byte;
}

bool wait_until(Group& group, const std::function<bool()>& done) {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (!done()) {
    if (Clock::now() > deadline) return false;
    pollfd event{group.events(), POLLPRI, 0};
    static_cast<void>(::poll(&event, 1, 5));
    // Orphans come to this process: a zombie is in no cgroup, but in our list of children.
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  }
  return true;
}

bool wait_until_empty(Group& group) {
  return wait_until(group, [&] { return !group.populated(); });
}

bool wait_until_frozen(Group& group) {
  return wait_until(group, [&] { return group.frozen(); });
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* list = ::opendir("/proc/self/fd");
  while (::readdir(list)) ++count;
  ::closedir(list);
  return count;
}

bool alive(pid_t pid) {
  const auto info = process::read_process(pid);
  return info && info->state != 'Z' && info->state != 'X';
}

void Ground::SetUp() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  try {
    hierarchy_.emplace(Hierarchy::find({.name = "", .own_processes = {}, .below = ""}));
  } catch (const NoHierarchy& none) {
    GTEST_SKIP() << none.what();
  }
}

void Ground::TearDown() {
  for (const auto& member : members_)
    if (member->pid > 0 && ::waitpid(member->pid, nullptr, WNOHANG) == 0) ::kill(member->pid, SIGKILL);
  members_.clear();
  if (hierarchy_) {
    EXPECT_TRUE(hierarchy_->clear());
    EXPECT_TRUE(hierarchy_->remove()) << hierarchy_->path();
  }
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

Pen Ground::pen(const char* slice) {
  return Pen::create(hierarchy().slices().open(slice), "JOB" + std::to_string(++pens_));
}

Member& Ground::start(int directory, std::initializer_list<const char*> arguments, const char* variable) {
  static const std::string program = member_program();
  std::vector<char*> argv{const_cast<char*>("member")};
  for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
  argv.push_back(nullptr);
  char* environment[] = {const_cast<char*>(variable), nullptr};
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  members_.push_back(std::make_unique<Member>());
  Member& member = *members_.back();
  member.output = UniqueFd(ends[0]);
  UniqueFd input(ends[1]);
  member.pid = ::fork();
  if (member.pid == 0) {
    if (directory >= 0 && write_file(directory, "cgroup.procs", "0") != 0) ::_exit(101);
    ::dup2(ends[1], 1);
    ::execve(program.c_str(), argv.data(), environment);
    ::_exit(102);
  }
  input.reset();
  EXPECT_EQ(member.next(), 'r');
  return member;
}

void Ground::end(Pen& pen) {
  EXPECT_TRUE(pen.freeze());
  if (!pen.kill()) {
    pen.kill_each();
    pen.thaw();
  }
  EXPECT_TRUE(wait_until(pen, [&] {
    if (pen.populated()) pen.kill_each();
    return !pen.populated();
  }));
}

bool move(pid_t pid, int directory) { return write_file(directory, "cgroup.procs", std::to_string(pid)) == 0; }

UniqueFd make_cgroup(int above, const char* name) {
  EXPECT_EQ(::mkdirat(above, name, 0755), 0);
  return open_directory(above, name);
}

}  // namespace coppice::cgroup::test
