#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "cgroup/tree_list.h"
#include "process/info/process_info.h"
#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

class Kill : public Ground {};

TEST_F(Kill, K3_a_frozen_tree_is_listed_complete) {
  Pen one = pen();
  start(one.directory(), {"restless", "5"});
  EXPECT_TRUE(wait_until(one, [&] { return one.members().size() > 20; }));
  EXPECT_TRUE(one.freeze());
  ASSERT_TRUE(wait_until_frozen(one));
  const auto list = list_tree(one);
  const auto again = list_tree(one);
  ASSERT_GT(list.size(), 20u);
  ASSERT_EQ(list.size(), again.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].pid, again[i].pid);
    EXPECT_EQ(list[i].command_line, again[i].command_line);
    EXPECT_TRUE(alive(list[i].pid));
  }
  EXPECT_EQ(list.front().command_line, (std::vector<std::string>{"member", "restless", "5"}));
  EXPECT_TRUE(one.kill());
  EXPECT_TRUE(wait_until_empty(one));
  for (const auto& killed : list) EXPECT_FALSE(alive(killed.pid));
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K3_a_thawed_tree_goes_on) {
  Pen one = pen();
  Member& member = start(one.directory(), {"signal"});
  EXPECT_TRUE(one.freeze());
  ASSERT_TRUE(wait_until_frozen(one));
  EXPECT_EQ(one.signal_all(SIGUSR1), 1u);
  EXPECT_TRUE(one.thaw());
  EXPECT_EQ(member.next(), 'u');
  EXPECT_FALSE(one.frozen());
  end(one);
}

TEST_F(Kill, K1_reaches_daemons_and_nested_cgroups) {
  Pen one = pen();
  const UniqueFd nested = make_cgroup(one.directory(), "nested");
  const UniqueFd deeper = make_cgroup(nested.get(), "deeper");
  start(one.directory(), {"daemon"});
  start(nested.get(), {"family", "5"});
  start(deeper.get(), {"stay"});
  const auto members = one.members();
  EXPECT_EQ(members.size(), 2u + 6u + 1u);
  end(one);
  for (const pid_t pid : members) EXPECT_FALSE(alive(pid));
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K1_reaches_a_nested_cgroup_that_its_maker_froze) {
  for (const bool each : {false, true}) {
    Pen one = pen();
    Group nested(make_cgroup(one.directory(), "nested"), "nested");
    const pid_t pid = start(nested.directory(), {"stay"}).pid;
    EXPECT_TRUE(nested.freeze());
    ASSERT_TRUE(wait_until_frozen(nested));
    if (each)
      EXPECT_EQ(one.kill_each(), 1u);
    else
      EXPECT_TRUE(one.kill());
    EXPECT_TRUE(wait_until_empty(one));
    EXPECT_FALSE(alive(pid));
    EXPECT_TRUE(one.remove());
  }
}

TEST_F(Kill, K1_each_reaches_a_process_whose_main_thread_is_gone) {
  Pen one = pen();
  const pid_t pid = start(one.directory(), {"leaderless"}).pid;
  ASSERT_TRUE(wait_until(one, [&] {
    const auto info = process::read_process(pid);
    return info && info->state == 'Z';
  }));
  EXPECT_TRUE(one.populated());
  EXPECT_EQ(one.members(), std::vector<pid_t>{pid});
  // Alone it does not end it on the kernels we know, which is why the caller goes on to this:
  EXPECT_TRUE(one.kill());
  EXPECT_EQ(one.kill_each(), 1u);
  EXPECT_TRUE(wait_until_empty(one));
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K2_ends_a_live_fork_bomb) {
  Pen one = pen();
  start(one.directory(), {"bomb", "9"});
  end(one);
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K2_ends_a_live_fork_bomb_by_pidfds) {
  Pen one = pen();
  start(one.directory(), {"bomb", "8"});
  // As on kernels without cgroup.kill: nobody forks while frozen.
  EXPECT_TRUE(wait_until(one, [&] {
    one.freeze();
    one.kill_each();
    one.thaw();
    return !one.populated();
  }));
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K4_signals_reach_members_alone) {
  Pen one = pen();
  Pen other = pen();
  Member& inside = start(one.directory(), {"signal"});
  Member& beside = start(other.directory(), {"signal"});
  Member& outside = start(-1, {"signal"});
  EXPECT_EQ(one.signal_all(SIGUSR1), 1u);
  EXPECT_EQ(inside.next(), 'u');
  EXPECT_EQ(one.kill_each(), 1u);
  EXPECT_EQ(inside.next(), 0);
  // Had they been signalled before, their bytes would come twice.
  for (Member* stranger : {&beside, &outside}) {
    EXPECT_TRUE(alive(stranger->pid));
    EXPECT_EQ(::kill(stranger->pid, SIGKILL), 0);
    EXPECT_EQ(stranger->next(), 0);
  }
  EXPECT_TRUE(wait_until_empty(other));
}

TEST_F(Kill, K4_a_signal_to_many_takes_few_descriptors) {
  Pen one = pen();
  start(one.directory(), {"family", "700"});
  const std::size_t before = open_descriptors();
  EXPECT_EQ(one.kill_each(), 701u);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(wait_until_empty(one));
}

TEST_F(Kill, K5_of_an_empty_pen_is_no_error) {
  Pen one = pen();
  start(one.directory(), {"work", "1"});
  EXPECT_TRUE(wait_until_empty(one));
  end(one);
  EXPECT_EQ(one.kill_each(), 0u);
  EXPECT_TRUE(list_tree(one).empty());
  EXPECT_TRUE(one.remove());
}

TEST_F(Kill, K8_the_wait_channel_of_a_sleeper_has_a_name) {
  Pen one = pen();
  const pid_t pid = start(one.directory(), {"stay"}).pid;
  // It says that it sleeps a moment before it does.
  std::optional<std::string> channel;
  wait_until(one, [&] { return (channel = process::read_wait_channel(pid)).has_value(); });
  if (!channel) GTEST_SKIP() << "wait channels (CONFIG_KALLSYMS, ptrace access)";
  EXPECT_FALSE(channel->empty());
}

}  // namespace
}  // namespace coppice::cgroup::test
