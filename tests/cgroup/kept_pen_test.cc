#include "process/keeper/kept_pen.h"

#include <fcntl.h>

#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

class KeptPens : public Ground {
 protected:
  static process::KeptPen keep(const Pen& pen) {
    return process::KeptPen(UniqueFd(::fcntl(pen.directory(), F_DUPFD_CLOEXEC, 0)));
  }
  Pen named(const char* id) { return Pen::create(hierarchy().slices().open(""), id); }
};

TEST_F(KeptPens, one_that_rests_takes_no_descriptor_and_is_killed_all_the_same) {
  Pen one = pen();
  start(one.directory(), {"family", "2"});
  process::KeptPen kept = keep(one);
  const std::size_t before = open_descriptors();
  kept.rest();
  EXPECT_EQ(open_descriptors(), before - 1);
  EXPECT_TRUE(kept);
  EXPECT_TRUE(kept.kill());
  EXPECT_EQ(open_descriptors(), before - 1);
  EXPECT_TRUE(wait_until_empty(one));
  kept.remove();
  EXPECT_LT(::faccessat(one.directory(), "cgroup.procs", F_OK, 0), 0);
}

TEST_F(KeptPens, one_that_rests_is_opened_again) {
  Pen one = pen();
  process::KeptPen kept = keep(one);
  const int held = kept.open();
  EXPECT_GE(held, 0);
  kept.rest();
  EXPECT_GE(kept.open(), 0);
  EXPECT_LT(process::KeptPen().open(), 0);
  EXPECT_FALSE(process::KeptPen().kill());
}

TEST_F(KeptPens, K4_another_of_the_same_name_is_left_alone) {
  Pen first = named("SAME");
  process::KeptPen kept = keep(first);
  kept.rest();
  ASSERT_TRUE(first.remove());
  Pen second = named("SAME");
  const pid_t member = start(second.directory(), {"family", "1"}).pid;
  EXPECT_FALSE(kept.kill());
  kept.remove();
  EXPECT_LT(kept.open(), 0);
  EXPECT_TRUE(alive(member));
  EXPECT_TRUE(second.populated());
  end(second);
}

}  // namespace
}  // namespace coppice::cgroup::test
