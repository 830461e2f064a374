#include "process/keeper/box_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace coppice::process {
namespace {

constexpr Box kBox = 7;

Hold hold(std::uint32_t number) {
  Hold request;
  request.box = kBox;
  request.number = number;
  request.tags[request.count++] = number;
  return request;
}

bool submit(BoxTable& table, std::uint32_t number) {
  std::vector<UniqueFd> descriptors;
  descriptors.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return table.hold(hold(number), std::move(descriptors));
}

// A thread may be kept from the processor with the first in its hands, while others read what comes behind it.
TEST(BoxTable, O2_any_number_of_requests_may_overtake_one) {
  constexpr std::uint32_t kCount = 500;
  BoxTable table;
  for (std::uint32_t number = 2; number <= kCount; ++number) ASSERT_TRUE(submit(table, number)) << number;
  EXPECT_TRUE(table.empty());
  ASSERT_TRUE(submit(table, 1));
  EXPECT_EQ(table.keep().size(), kCount);
}

TEST(BoxTable, a_drop_that_comes_early_waits_for_what_it_drops) {
  BoxTable table;
  Drop drop;
  drop.box = kBox;
  drop.number = 2;
  ASSERT_TRUE(table.drop(drop));
  ASSERT_TRUE(submit(table, 1));
  EXPECT_TRUE(table.empty());
}

TEST(BoxTable, what_could_not_be_received_holds_up_nothing_behind_it) {
  BoxTable table;
  ASSERT_TRUE(submit(table, 2));
  ASSERT_TRUE(table.skip(1));
  EXPECT_EQ(table.keep().size(), 1u);
}

TEST(BoxTable, A3_a_number_is_used_once) {
  BoxTable table;
  ASSERT_TRUE(submit(table, 1));
  EXPECT_FALSE(submit(table, 1));
  ASSERT_TRUE(submit(table, 3));
  EXPECT_FALSE(submit(table, 3));
  table.begin_line();
  EXPECT_TRUE(submit(table, 1));
}

}  // namespace
}  // namespace coppice::process
