// A supervisor that gives no sign of life any more.
#include <csignal>

#include "tests/process/supervised.h"

namespace coppice::process::test {
namespace {

class SilentSupervisor : public SupervisedTest {
 protected:
  // The answer has the number of the sign.
  static bool answered(SupervisorEnd& line, std::uint32_t number) {
    Alive sign;
    sign.number = number;
    if (line.send(sign) != 0) return false;
    while (const auto report = line.next()) {
      const auto* answer = std::get_if<Alive>(&*report);
      if (answer) return answer->number == number;
    }
    return false;
  }
};

TEST_F(SilentSupervisor, D1_one_that_is_stopped_is_ended_and_its_commands_go_on_with_the_next) {
  start_keeper({"--watchdog", "300"});
  auto first = next_life();
  EXPECT_EQ(first->watchdog, "300");
  ASSERT_EQ(first->send(Serving{}), 0);
  Command command = waiting(*first, 1, 9);
  ASSERT_EQ(::kill(first->pid, SIGSTOP), 0);
  // What this test sends for it is all that the keeper hears of it.
  ASSERT_TRUE(answered(*first, 1));

  const auto second = next_life();
  EXPECT_EQ(second->watchdog, "300");
  EXPECT_TRUE(keeper_says("no sign of life for 300 ms: aborted"));
  EXPECT_TRUE(keeper_says("(signal 6)"));
  ASSERT_TRUE(second->handed<Launched>(1));
  command.input.reset();
  const auto exited = second->await<Exited>(1);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->status, 9 << 8);
}

TEST_F(SilentSupervisor, D1_one_that_does_not_abort_is_killed) {
  start_keeper({"--watchdog", "300"});
  auto first = next_life();
  ASSERT_EQ(first->send(Serving{}), 0);
  first->ignore_abort();
  ASSERT_TRUE(answered(*first, 1));
  const auto second = next_life();
  EXPECT_TRUE(keeper_says("does not abort: killed"));
  EXPECT_TRUE(keeper_says("(signal 9)"));
}

TEST_F(SilentSupervisor, without_a_watchdog_it_is_told_nothing_of_one_and_answered_all_the_same) {
  start_keeper();
  auto first = next_life();
  EXPECT_EQ(first->watchdog, "none");
  EXPECT_TRUE(answered(*first, 7));
}

}  // namespace
}  // namespace coppice::process::test
