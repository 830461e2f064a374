#include "daemon/slice_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace coppice::daemon {
namespace {

using Place = SliceTable::Place;

class SliceTableTest : public testing::Test {
 protected:
  // Places stay until the test drops them; their addresses hold.
  Place& enter(const std::string& slice, int priority = 0) {
    places_.push_back(table_.enter(slice, priority));
    return places_.back();
  }

  void leave(Place& place) {
    places_.remove_if([&](const Place& other) { return &other == &place; });
  }

  std::int64_t live(const std::string& slice) { return table_.find(slice).value_or(config::Slice()).live; }
  std::int64_t queued(const std::string& slice) { return table_.find(slice).value_or(config::Slice()).queued; }

  SliceTable table_;
  std::list<Place> places_;
};

TEST_F(SliceTableTest, without_a_bound_everybody_is_let_in) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(enter("ci").admitted());
  EXPECT_EQ(live("ci"), 100);
  EXPECT_EQ(live(""), 100);
}

TEST_F(SliceTableTest, who_comes_first_goes_first) {
  table_.set_bound("ci", 1);
  Place& running = enter("ci");
  Place& first = enter("ci");
  Place& second = enter("ci");
  EXPECT_FALSE(first.admitted() || second.admitted());
  EXPECT_EQ(queued("ci"), 2);
  leave(running);
  EXPECT_TRUE(first.admitted());
  EXPECT_FALSE(second.admitted());
  leave(first);
  EXPECT_TRUE(second.admitted());
}

TEST_F(SliceTableTest, a_higher_priority_goes_before_all_that_wait) {
  table_.set_bound("ci", 1);
  Place& running = enter("ci");
  Place& low = enter("ci", -5);
  Place& usual = enter("ci");
  Place& high = enter("ci", 7);
  Place& highest = enter("ci", std::numeric_limits<int>::max());
  Place& lowest = enter("ci", std::numeric_limits<int>::min());
  leave(running);
  for (Place* next : {&highest, &high, &usual, &low, &lowest}) {
    EXPECT_TRUE(next->admitted());
    EXPECT_EQ(live("ci"), 1);
    leave(*next);
  }
  EXPECT_EQ(live("ci"), 0);
}

TEST_F(SliceTableTest, every_slice_above_must_have_room) {
  table_.set_bound("ci", 2);
  table_.set_bound("ci/a", 5);
  Place& one = enter("ci/a/x");
  enter("ci/b");
  Place& waits = enter("ci/a/x");
  EXPECT_FALSE(waits.admitted());
  EXPECT_EQ(live("ci"), 2);
  EXPECT_EQ(queued("ci/a"), 1);
  leave(one);
  EXPECT_TRUE(waits.admitted());
}

TEST_F(SliceTableTest, the_slice_of_all_can_have_a_bound) {
  table_.set_bound("", 1);
  Place& one = enter("");
  Place& two = enter("ci");
  EXPECT_FALSE(two.admitted());
  leave(one);
  EXPECT_TRUE(two.admitted());
}

TEST_F(SliceTableTest, who_waits_for_a_narrower_slice_is_in_nobodys_way) {
  table_.set_bound("ci", 3);
  table_.set_bound("ci/narrow", 1);
  Place& narrow = enter("ci/narrow", 9);
  Place& blocked = enter("ci/narrow", 9);
  Place& wide = enter("ci/wide");
  EXPECT_FALSE(blocked.admitted());
  EXPECT_TRUE(wide.admitted());
  Place& third = enter("ci");
  Place& late = enter("ci/wide", 5);
  EXPECT_TRUE(third.admitted());
  EXPECT_FALSE(late.admitted());
  // Now both wait for ci alone, and the priority counts.
  leave(narrow);
  EXPECT_TRUE(blocked.admitted());
  EXPECT_FALSE(late.admitted());
  leave(wide);
  EXPECT_TRUE(late.admitted());
}

TEST_F(SliceTableTest, the_order_holds_across_the_slices_below_a_bound) {
  table_.set_bound("ci", 1);
  Place& running = enter("ci/a");
  std::vector<Place*> order;
  for (const char* slice : {"ci/b", "ci/a", "ci/c/d", "ci", "ci/b"}) order.push_back(&enter(slice));
  leave(running);
  for (Place* next : order) {
    EXPECT_TRUE(next->admitted());
    EXPECT_EQ(live("ci"), 1);
    leave(*next);
  }
}

TEST_F(SliceTableTest, a_raised_bound_lets_in_as_many_at_once) {
  table_.set_bound("ci", 1);
  for (int i = 0; i < 10; ++i) enter("ci");
  table_.set_bound("ci", 4);
  EXPECT_EQ(live("ci"), 4);
  table_.set_bound("ci", std::nullopt);
  EXPECT_EQ(live("ci"), 10);
  EXPECT_EQ(queued("ci"), 0);
}

TEST_F(SliceTableTest, a_lowered_bound_lets_those_that_run_go_on) {
  std::vector<Place*> running;
  for (int i = 0; i < 4; ++i) running.push_back(&enter("ci"));
  table_.set_bound("ci", 2);
  Place& waits = enter("ci");
  EXPECT_EQ(live("ci"), 4);
  leave(*running[0]);
  leave(*running[1]);
  EXPECT_EQ(live("ci"), 2);
  EXPECT_FALSE(waits.admitted());
  leave(*running[2]);
  EXPECT_TRUE(waits.admitted());
}

TEST_F(SliceTableTest, who_leaves_the_queue_is_passed_over) {
  table_.set_bound("ci", 1);
  Place& running = enter("ci");
  Place& goes = enter("ci", 5);
  Place& stays = enter("ci");
  leave(goes);
  EXPECT_EQ(queued("ci"), 1);
  leave(running);
  EXPECT_TRUE(stays.admitted());
}

TEST_F(SliceTableTest, slices_with_a_bound_or_a_job_are_listed_below_their_own) {
  table_.set_bound("ci", 2);
  enter("ci/b/c");
  enter("ci-x");
  Place& gone = enter("web");
  leave(gone);
  std::vector<std::string> names;
  for (const auto& slice : table_.list("")) names.push_back(slice.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ci", "ci/b", "ci/b/c", "ci-x"}));
  EXPECT_EQ(table_.list("ci").size(), 3u);
  EXPECT_EQ(table_.find("ci")->max_jobs, 2);
  EXPECT_FALSE(table_.find("web").has_value());
  table_.set_bound("", 9);
  EXPECT_EQ(table_.list("").front().name, "");
}

TEST_F(SliceTableTest, slices_with_a_bound_are_bounded) {
  for (std::size_t i = 0; i < SliceTable::kBounds; ++i)
    ASSERT_TRUE(table_.set_bound("s" + std::to_string(i), 1));
  EXPECT_FALSE(table_.set_bound("other", 1));
  EXPECT_TRUE(table_.set_bound("s0", 2));
  EXPECT_TRUE(table_.set_bound("s0", std::nullopt));
  EXPECT_TRUE(table_.set_bound("s0", std::nullopt));
  EXPECT_TRUE(table_.set_bound("other", 1));
  EXPECT_FALSE(table_.set_bound("s0", 1));
}

// Were a step to cost as much as there are jobs, this would take hours.
TEST_F(SliceTableTest, two_hundred_thousand_wait_and_go_in_order) {
  constexpr int kJobs = 200'000;
  table_.set_bound("ci", 3);
  std::vector<Place> places;
  places.reserve(kJobs);
  for (int i = 0; i < kJobs; ++i) places.push_back(table_.enter("ci/" + std::to_string(i % 100), i % 7));
  EXPECT_EQ(queued("ci"), kJobs - 3);
  // The three that came first, then seven rounds of priorities.
  std::vector<int> order = {0, 1, 2};
  for (int priority = 6; priority >= 0; --priority)
    for (int i = 3; i < kJobs; ++i)
      if (i % 7 == priority) order.push_back(i);
  for (std::size_t next = 3; next < order.size(); ++next) {
    ASSERT_FALSE(places[order[next]].admitted());
    { const Place leaves = std::move(places[order[next - 3]]); }
    ASSERT_TRUE(places[order[next]].admitted()) << next;
  }
  EXPECT_EQ(queued("ci"), 0);
  EXPECT_EQ(live("ci"), 3);
}

TEST(SliceTableEnd, a_place_may_outlive_the_table) {
  auto table = std::make_unique<SliceTable>();
  table->set_bound("ci", 1);
  Place one = table->enter("ci", 0);
  Place two = table->enter("ci", 0);
  table.reset();
  { const Place leaves = std::move(one); }
  EXPECT_FALSE(two.admitted());
}

// A queue that is worked off in any order, checked against counts that are made anew each time.
TEST_F(SliceTableTest, no_bound_is_ever_exceeded_and_nobody_waits_where_there_is_room) {
  const std::vector<std::string> slices = {"", "a", "a/b", "a/b/c", "a/d", "e", "e/f"};
  std::map<std::string, std::int64_t> bounds;
  struct Guest {
    std::string slice;
    Place* place;
    bool known_to_run;
  };
  std::vector<Guest> there;
  unsigned random = 1;
  const auto pick = [&random](std::size_t below) { return (random = random * 1664525u + 1013904223u) / 65536 % below; };
  const auto within = [](const std::string& slice, const std::string& above) {
    return above.empty() || slice == above || slice.starts_with(above + "/");
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string slice = slices[pick(slices.size())];
    if (const auto what = pick(20); what == 0) {
      bounds[slice] = 1 + static_cast<std::int64_t>(pick(6));
      table_.set_bound(slice, bounds[slice]);
    } else if (what == 1) {
      bounds.erase(slice);
      table_.set_bound(slice, std::nullopt);
    } else if (what < 11 || there.empty()) {
      there.push_back({slice, &enter(slice, static_cast<int>(pick(3))), false});
    } else {
      const auto gone = there.begin() + static_cast<std::ptrdiff_t>(pick(there.size()));
      leave(*gone->place);
      there.erase(gone);
    }
    std::map<std::string, std::int64_t> running;
    for (const Guest& guest : there)
      for (const std::string& above : slices)
        running[above] += guest.place->admitted() && within(guest.slice, above) ? 1 : 0;
    for (Guest& guest : there) {
      const bool runs = guest.place->admitted();
      bool full = false, exceeded = false;
      for (const auto& [above, bound] : bounds) {
        if (!within(guest.slice, above)) continue;
        full = full || running[above] >= bound;
        exceeded = exceeded || running[above] > bound;
      }
      ASSERT_TRUE(runs || full) << "step " << step << ": one waits in \"" << guest.slice << "\" for nothing";
      ASSERT_FALSE(runs && !guest.known_to_run && exceeded) << "step " << step;
      guest.known_to_run = runs;
    }
    for (const std::string& path : slices) ASSERT_EQ(live(path), running[path]) << "step " << step;
  }
}

}  // namespace
}  // namespace coppice::daemon
