// The command that the tests start: says what it sees of itself, or ends in the way it is told to.
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

void say_descriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  std::vector<int> numbers;
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_name[0] != '.') numbers.push_back(std::atoi(entry->d_name));
  std::erase(numbers, ::dirfd(directory));
  ::closedir(directory);
  std::ranges::sort(numbers);
  std::cout << "fds";
  for (const int number : numbers) std::cout << ' ' << number;
  std::cout << '\n';
}

void say_file(const char* path, const char* prefix = "") {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) std::cout << prefix << line << '\n';
}

void say_ids() {
  uid_t uid[3];
  gid_t gid[3];
  ::getresuid(&uid[0], &uid[1], &uid[2]);
  ::getresgid(&gid[0], &gid[1], &gid[2]);
  std::cout << "uid " << uid[0] << ' ' << uid[1] << ' ' << uid[2] << "\ngid " << gid[0] << ' '
            << gid[1] << ' ' << gid[2] << "\ngroups";
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (const gid_t group : groups) std::cout << ' ' << group;
  std::cout << '\n';
}

void say_limit(const char* name, int resource) {
  rlimit limit{};
  ::prlimit(0, static_cast<__rlimit_resource>(resource), nullptr, &limit);
  std::cout << name << ' ' << limit.rlim_cur << ' ' << limit.rlim_max << '\n';
}

// What a unit may set for a daemon.
void say_standing() {
  constexpr int kIoOfProcess = 1;
  std::cout << "policy " << ::sched_getscheduler(0) << "\nio " << ::syscall(SYS_ioprio_get, kIoOfProcess, 0) << "\nslack "
            << ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) << "\nkeyring "
            << ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) << '\n';
}

void see(int argc, char** argv, char** environment) {
  say_descriptors();
  say_file("/proc/self/cgroup", "cgroup ");
  say_file("/proc/self/status", "status ");  // SigBlk, SigIgn, SigCgt
  say_ids();
  const bool tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0;
  std::cout << "pid " << ::getpid() << "\nleader " << (::getsid(0) == ::getpid()) << "\ngroup "
            << (::getpgrp() == ::getpid()) << "\ntty " << tty << '\n';
  const mode_t mask = ::umask(0);
  std::cout << "umask " << mask << "\nnice " << ::getpriority(PRIO_PROCESS, 0) << "\nnonewprivs "
            << ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) << '\n';
  say_limit("nofile", RLIMIT_NOFILE);
  say_limit("core", RLIMIT_CORE);
  say_file("/proc/self/oom_score_adj", "oom ");
  say_standing();
  char cwd[4096];
  std::cout << "cwd " << (::getcwd(cwd, sizeof cwd) ? cwd : "?") << '\n';
  for (int i = 0; i < argc; ++i) std::cout << "argv " << argv[i] << '\n';
  for (char** text = environment; *text; ++text) std::cout << "env " << *text << '\n';
}

void wait_for_input_end() {
  char byte;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

// Leaves `count` orphans behind: their parent is gone, they end at once or wait for a signal.
void leave_orphans(int count, bool living) {
  for (int i = 0; i < count; ++i) {
    if (::fork() != 0) continue;
    ::setsid();
    // Whoever reads our output must not wait for it.
    ::close(STDOUT_FILENO);
    while (living) ::pause();
    ::_exit(0);
  }
}

}  // namespace

int main(int argc, char** argv, char** environment) {
  const std::string_view what = argc > 1 ? argv[1] : "see";
  const int number = argc > 2 ? std::atoi(argv[2]) : 0;
  if (what == "see") see(argc, argv, environment);
  if (what == "exit") return number;
  if (what == "die") {
    // A sanitizer handles some of them.
    std::signal(number, SIG_DFL);
    ::raise(number);
  }
  if (what == "wait") {
    wait_for_input_end();
    return number;
  }
  if (what == "pause")
    while (true) ::pause();
  if (what == "orphans") leave_orphans(number, false);
  if (what == "daemons") leave_orphans(number, true);
  std::cout.flush();
  return 0;
}
