// The supervisor dies, the keeper starts it again.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/process/supervised.h"

namespace coppice::process::test {
namespace {

class Restart : public SupervisedTest {
 protected:
  void SetUp() override {
    SupervisedTest::SetUp();
    start_keeper();
  }
};

int stop_and_wait(pid_t pid) {
  ::kill(pid, SIGSTOP);
  int status = 0;
  ::waitpid(pid, &status, WUNTRACED);
  return status;
}

TEST_F(Restart, D1_the_first_supervisor_is_handed_nothing) {
  const auto first = next_life();
  EXPECT_EQ(handed_.restarts, 0u);
  EXPECT_EQ(handed_.last_key, 0u);
  EXPECT_TRUE(first->boxes.empty());
  EXPECT_EQ(first->listen_fds, "2");
}

TEST_F(Restart, D1_a_killed_supervisor_is_started_again_and_told_of_what_runs) {
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  Command command = waiting(*first, 5, 7);
  const auto& launched = std::get<Launched>(first->seen.back());
  first->kill(SIGKILL);

  const auto second = next_life();
  EXPECT_EQ(handed_.restarts, 1u);
  EXPECT_EQ(handed_.last_key, 5u);
  EXPECT_EQ(second->listen_fds, "none");
  const auto again = second->await<Launched>(5);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->pid, launched.pid);
  EXPECT_NE(again->identity_kind, IdentityKind::none);
  EXPECT_EQ(again->identity, launched.identity);
  EXPECT_FALSE(second->handed<Exited>(5));
  command.input.reset();
  const auto exited = second->await<Exited>(5);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->known, 1u);
  EXPECT_EQ(exited->status, W_EXITCODE(7, 0));
}

TEST_F(Restart, D1_an_exit_while_there_is_no_supervisor_is_kept_with_its_status) {
  auto first = next_life();
  Command early = waiting(*first, 1, 11);
  Command late = waiting(*first, 2, 12);
  const auto pid_of_late = static_cast<pid_t>(std::get<Launched>(first->seen.back()).pid);
  early.input.reset();
  ASSERT_TRUE(first->await<Exited>(1));
  first->kill(SIGKILL);
  // The next one is there and has said nothing so far.
  const auto second = next_life(false);
  late.input.reset();
  ASSERT_TRUE(becomes_reaped(pid_of_late));
  ASSERT_TRUE(second->greet());
  for (const auto& [key, code] : {std::pair{1, 11}, std::pair{2, 12}}) {
    const auto exited = second->await<Exited>(static_cast<Key>(key));
    ASSERT_TRUE(exited) << key;
    EXPECT_EQ(exited->status, W_EXITCODE(code, 0));
    EXPECT_TRUE(second->handed<Launched>(static_cast<Key>(key)));
  }
}

TEST_F(Restart, D1_boxes_are_handed_over_with_the_files_that_were_put_there) {
  auto first = next_life();
  const UniqueFd one = hold_pipe(*first, 1, 7, 1);
  std::vector<UniqueFd> many;
  for (std::uint32_t i = 0; i < 20; ++i) many.push_back(hold_pipe(*first, i + 2, 8, i + 1));
  const UniqueFd replaced = hold_pipe(*first, 22, 8, 3);
  ASSERT_EQ(first->send(Drop{7, 23, 1}), 0);
  first->kill(SIGKILL);

  auto second = next_life();
  ASSERT_EQ(second->boxes.size(), 1u);
  ASSERT_EQ(second->boxes[8].size(), 20u);
  for (const auto& [tag, writer] : second->boxes[8]) {
    const UniqueFd& reader = tag == 3 ? replaced : many[tag - 1];
    const char text = static_cast<char>(tag);
    ASSERT_EQ(::write(writer.get(), &text, 1), 1);
    char got = 0;
    EXPECT_EQ(::read(reader.get(), &got, 1), 1);
    EXPECT_EQ(got, text);
  }
  char none = 0;
  EXPECT_EQ(::read(one.get(), &none, 1), 0) << "what was dropped is open";
  EXPECT_EQ(::read(many[2].get(), &none, 1), 0) << "what was replaced is open";
}

TEST_F(Restart, D1_a_launch_sent_right_before_the_death_is_carried_out_once) {
  auto first = next_life();
  // Nobody takes it before the supervisor is dead.
  stop_and_wait(keeper());
  Launch launch;
  launch.candidates = {"/bin/sh"};
  launch.argv = {"sh", "-c", "echo once"};
  const Command command = send_launch(*first, 1, launch);
  const UniqueFd held = hold_pipe(*first, 1, 3, 4);
  first->kill(SIGKILL);
  ::kill(keeper(), SIGCONT);

  const auto second = next_life();
  EXPECT_EQ(handed_.last_key, 1u);
  ASSERT_TRUE(second->await<Exited>(1));
  EXPECT_EQ(command.text(), "once\n");
  EXPECT_EQ(second->boxes[3].count(4), 1u);
  const Command again = send_launch(*second, 1, launch);
  const auto refused = second->await<Failed>(1);
  ASSERT_TRUE(refused);
  EXPECT_EQ(static_cast<int>(refused->error), EEXIST);
}

TEST_F(Restart, S8_a_launch_that_hangs_delays_no_supervisor_and_is_told_to_the_one_that_is_there) {
  auto first = next_life();
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Launch launch = probe({"exit", "9"});
  launch.files[0] = StreamFile{fifo, false, false};
  std::vector<Command> stuck;
  for (Key key = 1; key <= 5; ++key) stuck.push_back(send_launch(*first, key, launch));
  for (int i = 0; i < 3; ++i) {
    first->kill(SIGKILL);
    first = next_life();
    for (Key key = 1; key <= 5; ++key) {
      EXPECT_TRUE(first->handed<Launching>(key)) << key;
      EXPECT_FALSE(first->handed<Launched>(key)) << key;
    }
  }
  const UniqueFd writer(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  for (Key key = 1; key <= 5; ++key) {
    ASSERT_TRUE(first->await<Launched>(key));
    const auto exited = first->await<Exited>(key);
    ASSERT_TRUE(exited);
    EXPECT_EQ(WEXITSTATUS(exited->status), 9);
  }
}

TEST_F(Restart, D1_the_hand_over_is_said_once_on_a_line) {
  auto first = next_life();
  const Command command = waiting(*first, 1, 0);
  first->seen.clear();
  EXPECT_TRUE(first->answers());
  EXPECT_EQ(first->seen.size(), 1u);
}

TEST_F(Restart, D1_ten_thousand_statuses_are_handed_over_while_the_keeper_goes_on_reaping) {
  auto first = next_life();
  constexpr Key kCommands = 10'000;
  const Launch launch = probe({"exit", "3"});
  const UniqueFd record = seal(launch);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (Key begun = 0; begun < kCommands; begun += 100) {
    for (Key key = begun + 1; key <= begun + 100; ++key) {
      LaunchRequest request;
      request.key = key;
      ASSERT_EQ(first->send(request, {record.get(), null.get(), null.get(), null.get()}), 0);
      // It answers one by one, for else both ends might wait for each other.
      ASSERT_TRUE(first->await<Exited>(key));
    }
    first->seen.clear();
  }
  Command command = waiting(*first, kCommands + 1, 4);
  const pid_t pid = static_cast<pid_t>(std::get<Launched>(first->seen.back()).pid);
  first->kill(SIGKILL);

  const auto second = next_life(false);
  ASSERT_EQ(second->send(Hello{}), 0);
  ASSERT_TRUE(second->next());
  // It is in the middle of the hand-over: nobody takes more of it than there is room for.
  command.input.reset();
  ASSERT_TRUE(becomes_reaped(pid));
  std::size_t exits = 0;
  while (const auto report = second->next()) {
    if (const auto* exited = std::get_if<Exited>(&*report)) exits += exited->key <= kCommands ? 1 : 0;
    if (std::holds_alternative<HandedOver>(*report)) break;
  }
  EXPECT_EQ(exits, kCommands);
}

TEST_F(Restart, D4_a_start_that_is_refused_passes_its_exit_status) {
  auto first = next_life();
  first->exit_with(33);
  EXPECT_EQ(keeper_status(), W_EXITCODE(33, 0));
  EXPECT_EQ(errors(), "");
}

TEST_F(Restart, D4_one_that_fails_later_is_started_again) {
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  first->exit_with(33);
  const auto second = next_life();
  EXPECT_EQ(handed_.restarts, 1u);
}

TEST_F(Restart, D1_an_exit_without_a_farewell_that_leaves_commands_is_a_death) {
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  const Command command = waiting(*first, 1, 0);
  first->exit_with(0);
  const auto second = next_life();
  EXPECT_TRUE(second->handed<Launched>(1));
}

TEST_F(Restart, X2_a_farewell_ends_the_keeper_with_its_status_and_kills_what_is_left) {
  auto first = next_life();
  const Command command = send_launch(*first, 1, probe({"pause"}));
  ASSERT_TRUE(first->await<Launched>(1));
  first->part(FarewellMode::end, 5);
  EXPECT_EQ(keeper_status(), W_EXITCODE(5, 0));
  EXPECT_EQ(command.text(), "");
  EXPECT_NE(errors().find("1 commands in its care: killed"), std::string::npos);
}

TEST_F(Restart, a_signal_to_end_reaches_the_supervisor_that_is_started_again_once_it_serves) {
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  const Command command = waiting(*first, 1, 0);
  first->kill(SIGKILL);
  auto second = next_life();
  ::kill(keeper(), SIGTERM);
  // Twice answered: the keeper had a turn.
  ASSERT_TRUE(second->answers());
  EXPECT_EQ(::kill(second->pid, 0), 0);
  ASSERT_EQ(second->send(Serving{}), 0);
  ASSERT_TRUE(keeper_says("(signal 15)"));
}

TEST_F(Restart, the_first_supervisor_may_be_ended_before_it_serves) {
  const auto first = next_life();
  ::kill(keeper(), SIGTERM);
  EXPECT_EQ(keeper_status(), W_EXITCODE(1, 0));
}

}  // namespace
}  // namespace coppice::process::test
