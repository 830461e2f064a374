#include "config/limits.h"

#include <gtest/gtest.h>

#include "config/errors.h"

namespace coppice::config {
namespace {

using Names = std::vector<std::string>;

Limits some() {
  Limits limits;
  limits.memory_max = 1;
  limits.cpu_max = 0.5;
  limits.wall_time = Milliseconds(3);
  return limits;
}

TEST(LimitFields, that_are_set_are_told_in_the_order_of_the_interface) {
  EXPECT_EQ(set_limits(some()), (Names{"memoryMax", "cpuMax", "wallTime"}));
  EXPECT_EQ(controlled_limits(some()), (Names{"memoryMax", "cpuMax"}));
  EXPECT_FALSE(unlimited(some()));
  EXPECT_TRUE(unlimited(Limits()));
  Limits rlimits;
  rlimits.rlimits["nofile"] = {};
  EXPECT_FALSE(unlimited(rlimits));
  EXPECT_TRUE(set_limits(rlimits).empty());
}

TEST(LimitFields, are_copied_by_name_those_that_are_not_set_too) {
  Limits to;
  to.memory_max = 7;
  to.processes_max = 8;
  to.cpu_time = Milliseconds(9);
  copy_limits(some(), to, {"memoryMax", "processesMax", "wallTime", "nonsense"});
  EXPECT_EQ(to.memory_max, 1);
  EXPECT_FALSE(to.processes_max);
  EXPECT_FALSE(to.cpu_max);
  EXPECT_EQ(to.wall_time, Milliseconds(3));
  EXPECT_EQ(to.cpu_time, Milliseconds(9));
}

std::string refused(const Names& lift, const Limits& changes, Liftable which = Liftable::any) {
  try {
    check_lift(lift, changes, which);
  } catch (const InvalidSpec& error) {
    EXPECT_EQ(error.field(), "lift");
    return error.reason();
  }
  return "";
}

TEST(LimitFields, can_be_lifted_by_their_names_but_not_set_as_well) {
  EXPECT_EQ(refused({"memoryHigh", "silence"}, some()), "");
  EXPECT_EQ(refused({"memoryHigh"}, some(), Liftable::controlled), "");
  EXPECT_EQ(refused({"memoryMax"}, some()), "\"memoryMax\" is set by the same call");
  EXPECT_NE(refused({"rlimits"}, {}).find("no limit that can be lifted: these are memoryMax, "), std::string::npos);
  EXPECT_NE(refused({"silence"}, {}, Liftable::controlled).find("processesMax"), std::string::npos);
}

}  // namespace
}  // namespace coppice::config
