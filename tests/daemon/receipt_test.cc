#include "daemon/receipt.h"

#include <gtest/gtest.h>

namespace coppice::daemon {
namespace {

using std::chrono::microseconds;

config::Process process(int pid, const char* name, std::int64_t started_at = 5'000'000) {
  config::Process process;
  process.pid = pid;
  process.command_line = {name};
  process.started_at = config::Time(microseconds(started_at));
  return process;
}

TEST(Receipt, a_process_that_is_found_twice_is_listed_once) {
  Receipt receipt;
  receipt.add_found({process(1, "a"), process(2, "b")});
  // The clock has moved by a little.
  receipt.add_killed({process(2, "b", 5'000'040), process(3, "c")});
  ASSERT_EQ(receipt.found().size(), 3u);
  EXPECT_EQ(receipt.found()[0].killed, false);
  EXPECT_EQ(receipt.found()[1].killed, true);
  ASSERT_EQ(receipt.killed().size(), 2u);
  EXPECT_EQ(receipt.killed()[1].pid, 3);
}

TEST(Receipt, a_pid_that_is_used_again_is_another_process) {
  Receipt receipt;
  receipt.add_found({process(1, "a")});
  receipt.add_killed({process(1, "b", 9'000'000)});
  ASSERT_EQ(receipt.found().size(), 2u);
  EXPECT_EQ(receipt.killed()[0].command_line.front(), "b");
}

TEST(Receipt, what_is_stuck_keeps_the_command_line_that_is_known) {
  Receipt receipt;
  receipt.add_killed({process(1, "/usr/bin/cat")});
  receipt.set_stuck({process(1, "[cat]"), process(2, "[new]")});
  EXPECT_EQ(receipt.stuck()[0].command_line.front(), "/usr/bin/cat");
  EXPECT_EQ(receipt.stuck()[1].command_line.front(), "[new]");
  receipt.set_stuck({});
  EXPECT_TRUE(receipt.stuck().empty());
}

}  // namespace
}  // namespace coppice::daemon
