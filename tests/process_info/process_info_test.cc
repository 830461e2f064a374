#include "process/info/process_info.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>

#include "process/info/pidfd.h"

namespace coppice::process {
namespace {

// A child that runs `body`, then waits to be killed; killed and reaped with this.
class Child {
 public:
  template <typename Body>
  explicit Child(Body body) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    pid_ = ::fork();
    if (pid_ == 0) {
      body();
      static_cast<void>(!::write(ends[1], "r", 1));
      for (;;) ::pause();
    }
    ::close(ends[1]);
    const UniqueFd input(ends[0]);
    char byte = 0;
    static_cast<void>(!::read(input.get(), &byte, 1));  // the end of a child that died serves as well
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // Ended, but a zombie still.
  void die() {
    ::kill(pid_, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

TEST(ProcessInfo, says_who_a_process_is) {
  const auto before = std::chrono::system_clock::now();
  const Child child([] {});
  const auto info = read_process(child.pid());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->pid, child.pid());
  EXPECT_EQ(info->parent, ::getpid());
  EXPECT_EQ(info->user, ::geteuid());
  EXPECT_NE(std::string("RSD").find(info->state), std::string::npos) << info->state;
  EXPECT_GT(info->start_ticks, 0u);
  EXPECT_EQ(info->command_line, read_process(::getpid())->command_line);
  // A tick is 10 ms, and the clock may be set meanwhile.
  EXPECT_LT(std::chrono::abs(info->started_at - before), std::chrono::seconds(60));
}

TEST(ProcessInfo, is_the_same_process_when_pid_and_start_agree) {
  const Child first([] {});
  EXPECT_EQ(read_process(first.pid())->start_ticks, read_process(first.pid())->start_ticks);
}

TEST(ProcessInfo, survives_any_name) {
  const Child child([] { ::prctl(PR_SET_NAME, "a) S 1 (b"); });
  const auto info = read_process(child.pid());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->parent, ::getpid());
}

TEST(ProcessInfo, names_a_zombie_in_brackets) {
  Child child([] { ::prctl(PR_SET_NAME, "zoe"); });
  child.die();
  const auto info = read_process(child.pid());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->state, 'Z');
  EXPECT_EQ(info->command_line, std::vector<std::string>{"[zoe]"});
}

TEST(ProcessInfo, names_the_effective_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "root, in order to become somebody else";
  const Child child([] { static_cast<void>(!::setresuid(65534, 65534, 65534)); });
  EXPECT_EQ(read_process(child.pid())->user, 65534u);
}

TEST(ProcessInfo, keeps_empty_arguments_and_cuts_endless_ones) {
  const Child child([] {});
  Child shell([] {
    // More than we take, less than the kernel's bound of 128 KiB for one argument.
    const std::string big(kCommandLineMax + 1000, 'x');
    ::execl("/bin/sh", "sh", "-c", "kill -STOP $$; exit", "", big.c_str(), nullptr);
    ::_exit(1);
  });
  std::optional<ProcessInfo> info;
  int status = 0;
  ASSERT_EQ(::waitpid(shell.pid(), &status, WUNTRACED), shell.pid());
  ASSERT_TRUE(WIFSTOPPED(status));
  info = read_process(shell.pid());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->state, 'T');
  ASSERT_EQ(info->command_line.size(), 5u);
  EXPECT_EQ(info->command_line[3], "");
  EXPECT_LE(info->command_line[4].size(), kCommandLineMax);
}

TEST(ProcessInfo, of_nobody_is_nothing) {
  Child child([] {});
  const pid_t pid = child.pid();
  child.end();
  EXPECT_FALSE(read_process(pid));
  EXPECT_FALSE(read_process(0));
  EXPECT_FALSE(read_process(-1));
  EXPECT_FALSE(read_wait_channel(pid));
  EXPECT_FALSE(read_environment_value(pid, "PATH"));
  EXPECT_FALSE(read_cgroup(pid));
  EXPECT_FALSE(read_thread_group(pid));
  EXPECT_TRUE(read_children(pid).empty());
}

TEST(ProcessInfo, reads_one_variable_of_the_environment) {
  Child child([] {
    char* environment[] = {const_cast<char*>("AB=no"), const_cast<char*>("A=yes=yes"), const_cast<char*>("E="), nullptr};
    char* argv[] = {const_cast<char*>("sh"), const_cast<char*>("-c"), const_cast<char*>("kill -STOP $$"), nullptr};
    ::execve("/bin/sh", argv, environment);
    ::_exit(1);
  });
  ASSERT_EQ(::waitpid(child.pid(), nullptr, WUNTRACED), child.pid());
  EXPECT_EQ(read_environment_value(child.pid(), "A"), "yes=yes");
  EXPECT_EQ(read_environment_value(child.pid(), "E"), "");
  EXPECT_FALSE(read_environment_value(child.pid(), "B"));
}

TEST(ProcessInfo, finds_children_of_every_thread) {
  std::promise<pid_t> made;
  std::promise<void> done;
  std::thread thread([&, until = done.get_future()]() mutable {
    const Child child([] {});
    made.set_value(child.pid());
    until.wait();
  });
  const Child own([] {});
  const pid_t other = made.get_future().get();
  const auto all = read_children(::getpid());
  const auto mine = read_children_of_thread(::getpid(), ::getpid());
  const auto has = [](const std::vector<pid_t>& list, pid_t pid) {
    return std::find(list.begin(), list.end(), pid) != list.end();
  };
  const bool supported = !all.empty();
  if (supported) {
    EXPECT_TRUE(has(all, own.pid()));
    EXPECT_TRUE(has(all, other));
    EXPECT_TRUE(has(mine, own.pid()));
    EXPECT_FALSE(has(mine, other));
  }
  done.set_value();
  thread.join();
  if (!supported) GTEST_SKIP() << "CONFIG_PROC_CHILDREN";
}

TEST(ProcessInfo, tells_the_process_of_a_thread) {
  pid_t id = 0;
  std::thread thread([&] { id = static_cast<pid_t>(::syscall(SYS_gettid)); EXPECT_EQ(read_thread_group(id), ::getpid()); });
  thread.join();
  EXPECT_EQ(read_thread_group(::getpid()), ::getpid());
}

TEST(ProcessInfo, tells_the_cgroup) {
  const auto path = read_cgroup(::getpid());
  if (!path) GTEST_SKIP() << "cgroup2";
  EXPECT_TRUE(path->starts_with("/"));
}

TEST(Pidfd, K4_refers_to_one_process_for_ever) {
  Child child([] {});
  const pid_t pid = child.pid();
  const UniqueFd pidfd = open_pidfd(pid);
  ASSERT_TRUE(pidfd);
  EXPECT_NE(::fcntl(pidfd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_FALSE(exited(pidfd.get()));
  EXPECT_TRUE(send_signal(pidfd.get(), 0));
  child.die();
  EXPECT_TRUE(exited(pidfd.get()));
  child.end();
  EXPECT_FALSE(send_signal(pidfd.get(), SIGKILL));
  EXPECT_FALSE(open_pidfd(pid));
  EXPECT_FALSE(open_pidfd(0));
}

TEST(Pidfd, D5_a_shortage_is_an_error_and_not_an_absence) {
#ifdef COPPICE_SANITIZED
  // UndefinedBehaviorSanitizer checks an object through a pipe, and takes the lack of one for a bad object.
  GTEST_SKIP() << "a build without a sanitizer, which needs descriptors of its own";
#endif
  rlimit none{};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  none.rlim_max = before.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  int pidfd_error = 0;
  int read_error = 0;
  try {
    static_cast<void>(open_pidfd(::getpid()));
  } catch (const std::system_error& error) {
    pidfd_error = error.code().value();
  }
  try {
    static_cast<void>(read_process(::getpid()));
  } catch (const std::system_error& error) {
    read_error = error.code().value();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(pidfd_error, EMFILE);
  EXPECT_EQ(read_error, EMFILE);
}

}  // namespace
}  // namespace coppice::process
