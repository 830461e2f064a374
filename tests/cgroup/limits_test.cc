// What limits become in interface files, and what is told of those that cannot be.
#include "cgroup/limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cgroup/files.h"
#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

// "cpu.max=50000 100000", of the only write.
std::string written(const config::Limits& limits) {
  const auto writes = limit_writes(limits);
  return writes.size() == 1 ? writes[0].file + ("=" + writes[0].value) : std::to_string(writes.size()) + " writes";
}

std::string cpu_max(double cpus) {
  config::Limits limits;
  limits.cpu_max = cpus;
  return written(limits);
}

TEST(Limits, of_CPUs_are_a_quota_in_the_usual_period) {
  EXPECT_EQ(cpu_max(0.1), "cpu.max=10000 100000");
  EXPECT_EQ(cpu_max(0.5), "cpu.max=50000 100000");
  EXPECT_EQ(cpu_max(1.5), "cpu.max=150000 100000");
  EXPECT_EQ(cpu_max(256), "cpu.max=25600000 100000");
}

TEST(Limits, of_CPUs_are_rounded_to_the_nearest_microsecond) {
  EXPECT_EQ(cpu_max(1.0 / 3), "cpu.max=33333 100000");
  EXPECT_EQ(cpu_max(2.0 / 3), "cpu.max=66667 100000");
}

TEST(Limits, of_few_CPUs_have_a_longer_period_and_no_less_than_the_kernels_least_quota) {
  EXPECT_EQ(cpu_max(0.01), "cpu.max=1000 100000");
  EXPECT_EQ(cpu_max(0.005), "cpu.max=5000 1000000");
  EXPECT_EQ(cpu_max(0.001), "cpu.max=1000 1000000");
}

TEST(Limits, of_memory_leave_no_swap_and_that_first) {
  config::Limits limits;
  limits.memory_max = 2147483648;
  const auto writes = limit_writes(limits);
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[0].file, std::string("memory.swap.max"));
  EXPECT_EQ(writes[0].value, "0");
  EXPECT_EQ(writes[1].file, std::string("memory.max"));
  EXPECT_EQ(writes[1].value, "2147483648");
}

TEST(Limits, of_one_number_go_to_one_file) {
  config::Limits high, weight, processes;
  high.memory_high = 4096;
  weight.cpu_weight = 10000;
  processes.processes_max = 1;
  EXPECT_EQ(written(high), "memory.high=4096");
  EXPECT_EQ(written(weight), "cpu.weight=10000");
  EXPECT_EQ(written(processes), "pids.max=1");
}

TEST(Limits, of_io_are_written_for_both_ways_that_a_kernel_may_have) {
  for (const auto& [weight, bfq] : {std::pair(1, "1"), {100, "100"}, {5050, "550"}, {10000, "1000"}}) {
    config::Limits limits;
    limits.io_weight = weight;
    const auto writes = limit_writes(limits);
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[0].value, "default " + std::to_string(weight));
    EXPECT_EQ(writes[1].file, std::string("io.bfq.weight"));
    EXPECT_EQ(writes[1].value, bfq);
  }
}

TEST(Limits, that_the_daemon_watches_are_written_nowhere) {
  config::Limits limits;
  limits.wall_time = limits.silence = limits.cpu_time = config::Milliseconds(1);
  limits.rlimits["nofile"] = {1, 1};
  EXPECT_TRUE(limit_writes(limits).empty());
  EXPECT_TRUE(lift_writes({"wallTime", "rlimits", "nonsense"}).empty());
}

TEST(Limits, are_lifted_to_what_the_kernel_begins_with) {
  std::vector<std::string> lifted;
  for (const auto& write : lift_writes({"memoryMax", "memoryHigh", "cpuMax", "cpuWeight", "ioWeight", "processesMax"}))
    lifted.push_back(write.file + ("=" + write.value));
  const std::vector<std::string> expected = {"memory.swap.max=max", "memory.max=max", "memory.high=max",
                                             "cpu.max=max", "cpu.weight=100", "io.weight=default 100",
                                             "io.bfq.weight=100", "pids.max=max"};
  EXPECT_EQ(lifted, expected);
}

TEST(Limits, whose_controller_is_missing_are_told_once_each_with_file_reason_and_remedy) {
  config::Limits limits;
  limits.memory_max = limits.io_weight = limits.processes_max = 1;
  const std::vector<MissingController> missing = {{"memory", "a reason", "a remedy"}, {"io", "another", "something"}};
  const auto unmet = unavailable(limit_writes(limits), missing);
  ASSERT_EQ(unmet.size(), 2u);
  EXPECT_EQ(unmet[0].limit, "memoryMax");
  EXPECT_EQ(unmet[0].reason,
            "memory.max needs the controller memory, which does not work here: a reason; a remedy");
  EXPECT_EQ(unmet[1].limit, "ioWeight");
}

TEST(Controllers, are_found_in_proc_cgroups_by_the_name_that_v1_has) {
  const std::string text =
      "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t7\t1\nblkio\t0\t2\t1\nmemory\t0\t1\t0\n";
  EXPECT_EQ(find_controller(text, "cpu")->hierarchy, 3);
  EXPECT_EQ(find_controller(text, "io")->hierarchy, 0);
  EXPECT_FALSE(find_controller(text, "memory")->enabled);
  EXPECT_FALSE(find_controller(text, "pids"));
}

class LimitsOnGround : public Ground {};

// Each file of a pen that the limits go to, as far as it is there.
TEST_F(LimitsOnGround, either_hold_or_are_told_as_unmet) {
  config::Limits limits;
  limits.memory_max = limits.memory_high = 1 << 30;
  limits.cpu_max = 0.5;
  limits.cpu_weight = 50;
  limits.processes_max = 10;
  Pen pen = this->pen();
  const auto unmet = write_limits(pen, limit_writes(limits), hierarchy().missing());
  const auto holds = [&](const char* name, const char* file, const std::string& value) {
    const bool lacks = std::ranges::any_of(unmet, [&](const auto& one) { return one.limit == name; });
    std::string text;
    const bool set = read_file(pen.directory(), file, text) == 0 && text == value + "\n";
    EXPECT_NE(lacks, set) << name << " is " << text;
  };
  holds("memoryMax", "memory.max", "1073741824");
  holds("memoryHigh", "memory.high", "1073741824");
  holds("cpuMax", "cpu.max", "50000 100000");
  holds("cpuWeight", "cpu.weight", "50");
  holds("processesMax", "pids.max", "10");
  for (const auto& one : unmet) EXPECT_NE(one.reason.find("needs the controller"), std::string::npos) << one.reason;
  EXPECT_TRUE(pen.remove());
}

TEST_F(LimitsOnGround, that_a_file_refuses_are_told_with_the_errno) {
  Pen pen = this->pen();
  const std::vector<LimitWrite> writes = {{"freeze", "core", "cgroup.freeze", "nonsense"}, {"x", "core", "no.such", "1"}};
  const auto unmet = write_limits(pen, writes, {});
  ASSERT_EQ(unmet.size(), 2u);
  EXPECT_NE(unmet[0].reason.find("write nonsense to cgroup.freeze"), std::string::npos) << unmet[0].reason;
  EXPECT_NE(unmet[1].reason.find("built, or booted, without it"), std::string::npos) << unmet[1].reason;
  EXPECT_TRUE(pen.remove());
}

TEST_F(LimitsOnGround, of_a_group_that_is_gone_are_nobodys) {
  Pen pen = this->pen();
  Group other = pen.duplicate();
  ASSERT_TRUE(pen.remove());
  config::Limits limits;
  limits.cpu_weight = 50;
  EXPECT_TRUE(write_limits(other, limit_writes(limits), {}).empty());
}

TEST_F(LimitsOnGround, one_of_two_ways_is_enough) {
  Pen pen = this->pen();
  using Need = LimitWrite::Need;
  const LimitWrite bad{"io", "core", "no.such", "1", Need::one_of};
  const LimitWrite good{"io", "core", "cgroup.freeze", "0", Need::one_of};
  EXPECT_TRUE(write_limits(pen, {bad, good}, {}).empty());
  EXPECT_TRUE(write_limits(pen, {good, bad}, {}).empty());
  const auto unmet = write_limits(pen, {bad, bad}, {});
  ASSERT_EQ(unmet.size(), 1u);
  EXPECT_NE(unmet[0].reason.find("neither io.weight"), std::string::npos) << unmet[0].reason;
  EXPECT_TRUE(pen.remove());
}

// The file that every cgroup has stands for one of a controller.
TEST_F(LimitsOnGround, of_a_slice_that_do_not_hold_are_seen_from_below_until_they_are_lifted) {
  config::Limits limits;
  limits.memory_max = 1 << 30;
  SliceTree& slices = hierarchy().slices();
  slices.remember_limits("limited", limits);
  {
    const auto below = slices.open("limited/below");
    EXPECT_EQ(below->unmet_limit().has_value(), !below->controllers().memory);
    if (below->unmet_limit()) {
      EXPECT_EQ(below->unmet_limit()->limit, "memoryMax");
    }
    EXPECT_FALSE(slices.open("other")->unmet_limit());
    slices.remember_limits("limited", {});
    EXPECT_FALSE(below->unmet_limit());
  }
  EXPECT_FALSE(slices.open("limited")->unmet_limit());
}

}  // namespace
}  // namespace coppice::cgroup::test
