#include "cgroup/strays.h"

#include <signal.h>
#include <unistd.h>

#include "process/info/process_info.h"
#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

// The test is the keeper here: its main thread adopts orphans.
class Strays : public Ground {
 protected:
  std::vector<Stray> find(Pen& pen) { return find_strays(pen, pen.members(), ::getpid(), {"COPPICE_JOB", "ONE"}); }

  void kill_all(Pen& pen) {
    EXPECT_TRUE(wait_until(pen, [&] { return kill_strays(find(pen)) == 0; }));
  }
};

TEST_F(Strays, K10_a_child_that_was_moved_out_is_found_and_killed) {
  Pen one = pen();
  Pen other = pen();
  const pid_t parent = start(one.directory(), {"family", "2"}).pid;
  ASSERT_TRUE(find(one).empty());
  const auto children = process::read_children(parent);
  ASSERT_EQ(children.size(), 2u);
  ASSERT_TRUE(move(children[0], other.directory()));
  const auto strays = find(one);
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].info.pid, children[0]);
  EXPECT_TRUE(strays[0].cgroup.ends_with("/JOB2.job")) << strays[0].cgroup;
  EXPECT_EQ(kill_strays(strays), 1u);
  EXPECT_TRUE(wait_until_empty(other));
  EXPECT_TRUE(alive(children[1]));
  end(one);
}

TEST_F(Strays, K10_an_orphan_that_left_is_found_by_its_mark) {
  Pen one = pen();
  Pen other = pen();
  // The daemon's grandparent stays in its pen, the orphan is ours.
  const pid_t main = start(one.directory(), {"daemon"}, "COPPICE_JOB=ONE").pid;
  pid_t orphan = 0;
  for (const pid_t pid : one.members())
    if (pid != main) orphan = pid;
  EXPECT_TRUE(wait_until(one, [&] { return process::read_process(orphan)->parent == ::getpid(); }));
  EXPECT_TRUE(find(one).empty());
  ASSERT_TRUE(move(orphan, other.directory()));
  const auto strays = find(one);
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].info.pid, orphan);
  kill_all(one);
  EXPECT_TRUE(wait_until_empty(other));
  EXPECT_FALSE(alive(orphan));
  end(one);
}

TEST_F(Strays, K10_the_descendants_of_a_stray_are_strays) {
  Pen one = pen();
  Pen other = pen();
  const pid_t main = start(one.directory(), {"family", "4"}, "COPPICE_JOB=ONE").pid;
  const auto family = one.members();
  for (const pid_t pid : family) ASSERT_TRUE(move(pid, other.directory()));
  EXPECT_FALSE(one.populated());
  const auto strays = find(one);
  EXPECT_EQ(strays.size(), 5u);
  EXPECT_EQ(strays.front().info.pid, main);
  kill_all(one);
  EXPECT_TRUE(wait_until_empty(other));
  for (const pid_t pid : family) EXPECT_FALSE(alive(pid));
}

TEST_F(Strays, K4_processes_of_others_are_left_alone) {
  Pen one = pen();
  Pen other = pen();
  start(one.directory(), {"family", "1"}, "COPPICE_JOB=ONE");
  const pid_t marked_otherwise = start(other.directory(), {"stay"}, "COPPICE_JOB=ONE2").pid;
  const pid_t unmarked = start(-1, {"stay"}).pid;
  EXPECT_TRUE(find(one).empty());
  EXPECT_TRUE(alive(marked_otherwise));
  EXPECT_TRUE(alive(unmarked));
  end(other);
  end(one);
}

}  // namespace
}  // namespace coppice::cgroup::test
