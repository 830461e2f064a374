// What the bounds leave.
#include "tests/history/fixture.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

TEST_F(WithHistory, beyond_the_count_those_that_ended_first_are_forgotten_with_their_logs) {
  History::Settings settings;
  settings.bounds.jobs = 250;
  open(settings);
  for (int number = 1; number <= 600; ++number) write_log(id_of(number), 10);
  add(1, 600);
  ASSERT_TRUE(eventually([&] { return forgotten_.size() == 350; }));
  EXPECT_EQ(ids().size(), 250u);
  EXPECT_EQ(ids().front(), id_of(351));
  EXPECT_FALSE(has_log(id_of(350)));
  EXPECT_TRUE(has_log(id_of(351)));
}

TEST_F(WithHistory, bounds_hold_for_what_an_earlier_life_left_too) {
  open();
  add(1, 20);
  close();
  History::Settings settings;
  settings.bounds.jobs = 5;
  open(settings);
  ASSERT_TRUE(eventually([&] { return forgotten_.size() == 15; }));
  EXPECT_EQ(ids().size(), 5u);
}

TEST_F(WithHistory, what_ended_too_long_ago_is_forgotten_when_its_time_comes) {
  History::Settings settings;
  settings.bounds.age = 1500ms;
  open(settings);
  write_log(id_of(1), 10);
  add(1, 1);
  EXPECT_EQ(ids().size(), 1u);
  ASSERT_TRUE(eventually([&] { return forgotten_.size() == 1; }));
  EXPECT_FALSE(has_log(id_of(1)));
  EXPECT_TRUE(ids().empty());
}

TEST_F(WithHistory, logs_on_the_disk_count_against_the_bytes) {
  History::Settings settings;
  settings.bounds.bytes = 1 << 20;
  open(settings);
  for (int number = 1; number <= 10; ++number) write_log(id_of(number), 200'000);
  add(1, 10);
  ASSERT_TRUE(eventually([&] { return forgotten_.size() >= 5; }));
  ASSERT_TRUE(eventually([&] { return ids().size() <= 5; }));
  EXPECT_GE(ids().size(), 4u);
  EXPECT_EQ(ids().back(), id_of(10));
  EXPECT_FALSE(has_log(id_of(1)));
}

TEST_F(WithHistory, a_bound_of_nothing_keeps_nothing) {
  History::Settings settings;
  settings.bounds.jobs = 0;
  open(settings);
  write_log(id_of(1), 1);
  add(1, 1);
  ASSERT_TRUE(eventually([&] { return forgotten_.size() == 1; }));
  EXPECT_FALSE(has_log(id_of(1)));
}

}  // namespace
}  // namespace coppice::daemon
