#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

class Spawn : public KeeperTest {
 protected:
  // Launches, sees it succeed, and gives what it said.
  std::string said(const Launch& wanted, int pen = -1) {
    const Command command = launch(wanted, pen);
    EXPECT_TRUE(keeper().await<Launched>(command.key));
    const std::string text = command.text();
    const auto exited = keeper().await<Exited>(command.key);
    EXPECT_TRUE(exited && exited->status == 0);
    return text;
  }

  void expect_failure(const Launch& wanted, Step step, int error, std::uint32_t index = 0, int pen = -1) {
    const Command command = launch(wanted, pen);
    const auto failed = keeper().await<Failed>(command.key);
    ASSERT_TRUE(failed);
    EXPECT_EQ(step_name(failed->step), step_name(step));
    EXPECT_EQ(static_cast<int>(failed->error), error);
    EXPECT_EQ(failed->index, index);
    EXPECT_EQ(command.text(), "");
  }
};

TEST_P(Spawn, S1_the_first_thing_a_command_sees_is_its_cgroup) {
  TestPen* own = pen();
  if (!own) return;
  const std::string text = said(probe({"see"}), own->fd());
  const std::string name = own->path().substr(own->path().rfind("/coppice-process-"));
  EXPECT_NE(text.find("cgroup 0::"), text.npos);
  EXPECT_NE(text.find(name + "\n"), text.npos) << text;
}

TEST_P(Spawn, S1_in_a_frozen_pen_not_one_instruction_runs) {
  TestPen* own = pen();
  if (!own) return;
  own->write("cgroup.freeze", "1");
  const Command command = launch(probe({"see"}), own->fd());
  ASSERT_TRUE(own->becomes("populated", true));
  ASSERT_TRUE(own->becomes("frozen", true));
  EXPECT_TRUE(keeper().answers());
  for (const Report& report : keeper().seen) EXPECT_FALSE(std::holds_alternative<Launched>(report));
  own->write("cgroup.freeze", "0");
  EXPECT_TRUE(keeper().await<Launched>(command.key));
  EXPECT_TRUE(keeper().await<Exited>(command.key));
}

TEST_P(Spawn, S1_a_pen_can_be_entered_by_writing) {
  TestPen* own = pen();
  if (!own) return;
  Launch wanted = probe({"see"});
  wanted.enter_pen_by_write = true;
  const std::string name = own->path().substr(own->path().rfind("/coppice-process-"));
  EXPECT_NE(said(wanted, own->fd()).find(name + "\n"), std::string::npos);
}

TEST_P(Spawn, S3_the_child_has_its_three_streams_and_nothing_else) {
  // One launch with many others alive, whose descriptors the keeper holds.
  std::vector<Command> others;
  for (int i = 0; i < 8; ++i) others.push_back(launch(probe({"wait"})));
  for (const Command& other : others) ASSERT_TRUE(keeper().await<Launched>(other.key));
  EXPECT_EQ(line(said(probe({"see"})), "fds"), "0 1 2");
}

TEST_P(Spawn, S3_descriptors_that_the_keeper_inherited_go_no_further) {
  restart([] {
    for (int fd = 10; fd < 300; fd += 7)
      if (::fcntl(fd, F_GETFD) < 0) ::dup2(STDERR_FILENO, fd);
  });
  EXPECT_EQ(line(said(probe({"see"})), "fds"), "0 1 2");
}

TEST_P(Spawn, S4_the_child_starts_clean_whatever_the_keeper_was_given) {
  restart([] {
    for (const int signal : {SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1}) ::signal(signal, SIG_IGN);
    // One that the C library keeps to itself. The first word is SIG_IGN for the kernel.
    const unsigned long ignore[4] = {1, 0, 0, 0};
    ::syscall(SYS_rt_sigaction, 32, ignore, nullptr, 8);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::umask(0);
    const rlimit files{256, 1024};
    ::setrlimit(RLIMIT_NOFILE, &files);
  });
  const std::string text = said(probe({"see"}));
  // Handlers (SigCgt) never survive an exec; those that show are the probe's own, under a sanitizer.
  for (const char* set : {"status SigBlk:", "status SigIgn:", "status SigPnd:"})
    EXPECT_EQ(line(text, set), "0000000000000000") << set;
  EXPECT_EQ(line(text, "leader"), "1");
  EXPECT_EQ(line(text, "group"), "1");
  EXPECT_EQ(line(text, "tty"), "0");
  EXPECT_EQ(line(text, "umask"), std::to_string(022));
  EXPECT_EQ(line(text, "nofile"), "256 1024");
  EXPECT_EQ(line(text, "cwd"), "/");
  EXPECT_EQ(text.find("\nenv "), text.npos);
}

TEST_P(Spawn, S4_what_the_launch_asks_for_takes_effect) {
  Launch wanted = probe({"see", "two words", ""});
  wanted.environment = {"A=1", "B="};
  wanted.directory = directory_;
  wanted.umask = 077;
  wanted.limits = {{RLIMIT_CORE, 0, 0}, {RLIMIT_NOFILE, 64, 100}};
  wanted.nice = 7;
  wanted.oom_score_adjust = 500;
  wanted.no_new_privileges = true;
  const std::string text = said(wanted);
  EXPECT_NE(text.find("argv probe\nargv see\nargv two words\nargv \nenv A=1\nenv B=\n"), text.npos);
  EXPECT_EQ(line(text, "cwd"), directory_);
  EXPECT_EQ(line(text, "umask"), std::to_string(077));
  EXPECT_EQ(line(text, "core"), "0 0");
  EXPECT_EQ(line(text, "nofile"), "64 100");
  EXPECT_EQ(line(text, "nice"), "7");
  EXPECT_EQ(line(text, "oom"), "500");
  EXPECT_EQ(line(text, "nonewprivs"), "1");
}

// Both ends of a terminal that controls nobody.
struct Pty {
  Pty() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    char name[64];
    if (::unlockpt(master.get()) == 0 && ::ptsname_r(master.get(), name, sizeof name) == 0)
      slave.reset(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  UniqueFd master;
  UniqueFd slave;
};

TEST_P(Spawn, S4_a_terminal_controls_the_session_only_if_the_launch_says_so) {
  const Pty pty;
  ASSERT_TRUE(pty.slave);
  Launch wanted = probe({"see"});
  for (const char* controls : {"0", "1"}) {
    const Command command = launch(wanted, -1, pty.slave.get());
    ASSERT_TRUE(keeper().await<Launched>(command.key));
    const std::string text = command.text();
    EXPECT_EQ(line(text, "tty"), controls);
    EXPECT_EQ(line(text, "leader"), "1");
    EXPECT_EQ(line(text, "fds"), "0 1 2");
    EXPECT_TRUE(keeper().await<Exited>(command.key));
    wanted.terminal = 0;
  }
}

TEST_P(Spawn, S5_a_terminal_that_is_none_is_a_failed_step) {
  Launch wanted = probe({"see"});
  wanted.terminal = 1;
  expect_failure(wanted, Step::terminal, ENOTTY);
}

TEST_P(Spawn, S5_a_failed_start_names_step_and_errno) {
  Launch wanted = probe({"see"});
  wanted.directory = directory_ + "/absent";
  expect_failure(wanted, Step::chdir, ENOENT);
  std::ofstream(directory_ + "/plain") << "text\n";
  wanted.directory = directory_ + "/plain";
  expect_failure(wanted, Step::chdir, ENOTDIR);

  wanted = probe({"see"});
  wanted.limits = {{RLIMIT_CORE, 0, 0}, {12345, 1, 1}};
  expect_failure(wanted, Step::resource_limit, EINVAL, 1);

  wanted = probe({"see"});
  wanted.oom_score_adjust = 5000;
  expect_failure(wanted, Step::oom_score, EINVAL);
}

TEST_P(Spawn, S5_a_program_that_cannot_be_executed_is_named_by_its_candidate) {
  Launch wanted = probe({"see"});
  wanted.candidates = {directory_ + "/absent"};
  expect_failure(wanted, Step::exec, ENOENT);
  const std::string plain = directory_ + "/plain";
  std::ofstream(plain) << "text\n";
  wanted.candidates = {directory_ + "/absent", plain, plain + "/below"};
  expect_failure(wanted, Step::exec, EACCES, 1);
  std::filesystem::permissions(plain, std::filesystem::perms::all);
  wanted.candidates = {directory_ + "/absent", plain, built("tests/process/probe")};
  expect_failure(wanted, Step::exec, ENOEXEC, 1);
}

TEST_P(Spawn, S5_the_commands_own_126_and_127_are_exits) {
  for (const char* code : {"126", "127"}) {
    const Command command = launch(probe({"exit", code}));
    EXPECT_TRUE(keeper().await<Launched>(command.key));
    const auto exited = keeper().await<Exited>(command.key);
    ASSERT_TRUE(exited && WIFEXITED(exited->status));
    EXPECT_EQ(std::to_string(WEXITSTATUS(exited->status)), code);
  }
}

TEST_P(Spawn, S5_a_removed_pen_is_the_pens_fault) {
  TestPen* own = pen();
  if (!own) return;
  ASSERT_EQ(::rmdir(own->path().c_str()), 0);
  expect_failure(probe({"see"}), Step::pen, ENOENT, 0, own->fd());
}

TEST_P(Spawn, S6_candidates_are_tried_in_order) {
  const std::string plain = directory_ + "/plain";
  std::ofstream(plain) << "text\n";
  Launch wanted = probe({"see"});
  wanted.candidates = {directory_ + "/absent", plain, plain + "/below", directory_ + "/" + std::string(300, 'x'),
                       built("tests/process/probe")};
  EXPECT_EQ(line(said(wanted), "fds"), "0 1 2");
}

TEST_P(Spawn, S10_groups_gid_and_uid_change_for_the_job_alone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Launch wanted = probe({"see"});
  // Where any user can execute it.
  const std::string program = directory_ + "/probe";
  std::filesystem::copy_file(wanted.candidates[0], program);
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  wanted.candidates = {program};
  wanted.credentials = Credentials{65534, 65533, {30, 10, 20}};
  const std::string text = said(wanted);
  EXPECT_EQ(line(text, "uid"), "65534 65534 65534");
  EXPECT_EQ(line(text, "gid"), "65533 65533 65533");
  EXPECT_EQ(line(text, "groups"), "10 20 30");
  wanted.credentials = Credentials{65534, 65533, {}};
  EXPECT_EQ(line(said(wanted), "groups"), "");

  // The directory is entered as that user, and the keeper is who it was.
  ASSERT_EQ(::mkdir((directory_ + "/private").c_str(), 0700), 0);
  wanted.directory = directory_ + "/private";
  expect_failure(wanted, Step::chdir, EACCES);
  EXPECT_EQ(line(said(probe({"see"})), "uid"), "0 0 0");
}

TEST_P(Spawn, S10_what_cannot_be_taken_on_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  restart([] { static_cast<void>(::setresuid(65534, 65534, 65534) == 0); });
  if (!keeper().answers()) GTEST_SKIP() << "another user cannot execute the keeper here";
  Launch wanted = probe({"see"});
  wanted.credentials = Credentials{0, 0, {}};
  expect_failure(wanted, Step::groups, EPERM);
}

COPPICE_BOTH_KEEPERS(Spawn);

}  // namespace
}  // namespace coppice::process::test
