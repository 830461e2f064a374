// Another keeper goes on: the same process with another program, or a child that others come to.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "process/rescue_socket.h"
#include "tests/process/supervised.h"

namespace coppice::process::test {
namespace {

class Succession : public SupervisedTest {
 protected:
  static bool is_child_of(pid_t parent, pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    for (pid_t child = 0; file >> child;)
      if (child == pid) return true;
    return false;
  }
  static std::string arguments_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
};

TEST_F(Succession, D2_an_upgrade_keeps_the_process_its_children_statuses_and_boxes) {
  start_keeper();
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  Command over = waiting(*first, 1, 31);
  Command live = waiting(*first, 2, 32);
  const pid_t pid = static_cast<pid_t>(std::get<Launched>(first->seen.back()).pid);
  over.input.reset();
  ASSERT_TRUE(first->await<Exited>(1));
  const Command failed = send_launch(*first, 3, [] {
    Launch launch = probe({});
    launch.candidates = {"/absent"};
    return launch;
  }());
  ASSERT_TRUE(first->await<Failed>(3));
  const UniqueFd reader = hold_pipe(*first, 1, 4, 5);
  first->part(FarewellMode::upgrade);

  auto second = next_life();
  EXPECT_NE(arguments_of(keeper()).find("--resume"), std::string::npos);
  EXPECT_EQ(handed_.restarts, 1u);
  EXPECT_EQ(handed_.last_key, 3u);
  EXPECT_EQ(second->listen_fds, "none");
  const auto launched = second->await<Launched>(2);
  ASSERT_TRUE(launched);
  EXPECT_EQ(static_cast<pid_t>(launched->pid), pid);
  EXPECT_TRUE(is_child_of(keeper(), pid));
  const auto exited = second->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, W_EXITCODE(31, 0));
  EXPECT_GT(exited->max_resident_kibibytes, 0u);
  const auto failure = second->await<Failed>(3);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->step, Step::exec);
  EXPECT_EQ(static_cast<int>(failure->error), ENOENT);
  ASSERT_EQ(second->boxes[4].count(5), 1u);
  ASSERT_EQ(::write(second->boxes[4][5].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 1);

  live.input.reset();
  const auto late = second->await<Exited>(2);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->status, W_EXITCODE(32, 0));
  // It still can everything: another death, another upgrade.
  const Command more = waiting(*second, 4, 34);
  second->kill(SIGKILL);
  auto third = next_life();
  third->part(FarewellMode::upgrade);
  EXPECT_TRUE(next_life()->handed<Launched>(4));
  EXPECT_EQ(handed_.restarts, 3u);
}

TEST_F(Succession, D2_an_exit_between_two_keepers_is_told_by_the_second) {
  start_keeper();
  auto first = next_life();
  Command command = waiting(*first, 1, 35);
  // Both are there for the keeper at once.
  ::kill(keeper(), SIGSTOP);
  ASSERT_EQ(::waitpid(keeper(), nullptr, WUNTRACED), keeper());
  first->part(FarewellMode::upgrade);
  command.input.reset();
  EXPECT_EQ(command.text(), "");
  ::kill(keeper(), SIGCONT);
  const auto exited = next_life()->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, W_EXITCODE(35, 0));
}

TEST_F(Succession, S3_no_job_gets_a_descriptor_that_went_through_an_upgrade) {
  start_keeper();
  auto first = next_life();
  const UniqueFd reader = hold_pipe(*first, 1, 4, 5);
  const Command before = waiting(*first, 1, 0);
  first->part(FarewellMode::upgrade);
  const auto second = next_life();
  const Command seeing = send_launch(*second, 2, probe({"see"}));
  ASSERT_TRUE(second->await<Exited>(2));
  EXPECT_EQ(line(seeing.text(), "fds"), "0 1 2");
}

TEST_F(Succession, D2_a_start_under_way_keeps_the_keeper_as_it_is) {
  start_keeper();
  auto first = next_life();
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Launch launch = probe({"exit", "9"});
  launch.files[0] = StreamFile{fifo, false, false};
  const Command stuck = send_launch(*first, 1, launch);
  first->part(FarewellMode::upgrade);
  const auto second = next_life();
  EXPECT_EQ(arguments_of(keeper()).find("--resume"), std::string::npos);
  EXPECT_TRUE(second->handed<Launching>(1));
  const UniqueFd writer(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(second->await<Exited>(1));
}

TEST_F(Succession, D2_leaving_keeps_the_jobs_and_the_next_keeper_adopts_them) {
  start_keeper({"--rescue", rescue_path()});
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  Command over = waiting(*first, 1, 41);
  over.input.reset();
  ASSERT_TRUE(first->await<Exited>(1));
  Command live = waiting(*first, 2, 42);
  const Launched launched = std::get<Launched>(first->seen.back());
  const auto pid = static_cast<pid_t>(launched.pid);
  const UniqueFd reader = hold_pipe(*first, 1, 4, 5);
  first->part(FarewellMode::leave);
  EXPECT_EQ(keeper_status(), W_EXITCODE(0, 0));
  EXPECT_EQ(::kill(pid, 0), 0) << "the job is gone";

  // Whoever comes is told by the one that rests what it knows, and lets another keeper follow the process.
  const auto left = rescue();
  EXPECT_NE(left->keeper_pid, keeper());
  const auto exited = left->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, W_EXITCODE(41, 0));
  EXPECT_TRUE(left->handed<Launched>(2));
  EXPECT_EQ(left->boxes[4].count(5), 1u);

  Keeper next(built("process/keeper/coppice-keeper"));
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  AdoptRequest adopt;
  adopt.key = 9;
  adopt.pid = launched.pid;
  adopt.identity = launched.identity;
  adopt.identity_kind = launched.identity_kind;
  ASSERT_EQ(next.send(adopt, {pidfd.get()}), 0);
  const auto followed = next.await<Launched>(9);
  ASSERT_TRUE(followed);
  EXPECT_EQ(followed->identity, launched.identity);
  live.input.reset();
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid) << "it did not come to the test";
  for (SupervisorEnd* line : {static_cast<SupervisorEnd*>(&next), left.get()}) {
    const auto told = line->await<Exited>(line == left.get() ? 2 : 9);
    ASSERT_TRUE(told);
    if (told->known != 0) {
      EXPECT_EQ(told->status, W_EXITCODE(42, 0));
    }
  }
  // Forgotten, and the end.
  for (const Key key : {1, 2}) ASSERT_EQ(left->send(Forget{key}), 0);
  ASSERT_EQ(left->send(Farewell{FarewellMode::end}), 0);
  left->hang_up();
  ASSERT_EQ(next.send(Forget{9}), 0);
}

TEST_F(Succession, D2_with_nothing_to_keep_nobody_is_left) {
  start_keeper({"--rescue", rescue_path()});
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  first->part(FarewellMode::leave);
  EXPECT_EQ(keeper_status(), W_EXITCODE(0, 0));
  EXPECT_THROW(connect_resting_keeper(rescue_path()), std::system_error);
}

}  // namespace
}  // namespace coppice::process::test
