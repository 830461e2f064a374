// Limits on the command line: of a job, of one that runs, of a slice; and what watches them.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "cli/limit_words.h"
#include "cli/parse.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

using Words = std::vector<std::string>;

template <typename Options>
Options options_of(const Words& words) {
  return std::get<Options>(std::get<CommandLine>(parse(words)).command);
}

std::string refusal_of(const Words& words) {
  try {
    static_cast<void>(parse(words));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(LimitWords, of_a_job_are_sizes_CPUs_and_numbers) {
  const auto job = options_of<RunOptions>({"run", "--memory-max", "2G", "--memory-high=1G", "--cpu-max", "150%", "--cpu-weight", "50",
                                           "--io-weight", "200", "--processes-max", "64", "--limits-optional", "true"})
                       .job;
  EXPECT_EQ(job.limits.memory_max, 2LL << 30);
  EXPECT_EQ(job.limits.memory_high, 1LL << 30);
  EXPECT_EQ(job.limits.cpu_max, 1.5);
  EXPECT_EQ(job.limits.cpu_weight, 50);
  EXPECT_EQ(job.limits.io_weight, 200);
  EXPECT_EQ(job.limits.processes_max, 64);
  EXPECT_TRUE(job.limits_optional);
  EXPECT_EQ(limit_words(limits_of(job.limits)),
            "memory 2.0 GiB, memory before it is slowed down 1.0 GiB, CPUs 1.5, CPU weight 50, io weight 200, processes 64");
}

TEST(LimitWords, that_make_no_sense_are_refused_with_what_does) {
  EXPECT_TRUE(contains(refusal_of({"run", "--memory-max", "0", "true"}), "give more than nothing, or unlimited"));
  EXPECT_TRUE(contains(refusal_of({"run", "--cpu-max", "0", "true"}), "at least 0.001"));
  EXPECT_TRUE(contains(refusal_of({"run", "--cpu-max", "x", "true"}), "0.5, 2 or 150%"));
  EXPECT_TRUE(contains(refusal_of({"run", "--cpu-weight", "10001", "true"}), "from 1 to 10000"));
  EXPECT_TRUE(contains(refusal_of({"start", "--memory-max", "unlimited", "true"}), "leave out those that are unlimited"));
}

TEST(LimitWords, of_a_job_that_runs_are_set_or_lifted) {
  const auto limit = options_of<LimitJobOptions>(
      {"limit", "build", "--memory-max", "unlimited", "--cpu-max", "0.5", "--timeout", "1h", "--silence", "unlimited"});
  EXPECT_EQ(limit.jobs, Words{"build"});
  EXPECT_EQ(limit.change.lift, (Words{"memoryMax", "silence"}));
  EXPECT_EQ(limit.change.limits.cpu_max, 0.5);
  EXPECT_EQ(limit.change.limits.wall_time, Milliseconds(3'600'000));
  EXPECT_FALSE(limit.change.limits.memory_max);
  EXPECT_TRUE(contains(refusal_of({"limit", "--cpu-max", "1"}), "needs a job"));
}

TEST(LimitWords, of_a_slice_leave_what_is_not_named) {
  const auto limit = options_of<SliceSetOptions>({"slice", "set", "ci", "--memory-max", "8G", "--processes-max=unlimited"});
  EXPECT_FALSE(limit.bounds_jobs);
  EXPECT_EQ(limit.change.limits.memory_max, 8LL << 30);
  EXPECT_EQ(limit.change.lift, Words{"processesMax"});
  EXPECT_TRUE(options_of<SliceSetOptions>({"slice", "set", "ci", "--jobs", "unlimited"}).bounds_jobs);
  EXPECT_TRUE(contains(refusal_of({"slice", "list", "--cpu-max", "1"}), "takes no limits"));
}

TEST(WatchWords, of_top_say_what_is_shown_and_how) {
  const auto top = options_of<TopOptions>({"top", "--sort", "memory", "--tree", "--interval", "250ms", "--slice", "ci"});
  EXPECT_EQ(top.sort, "memory");
  EXPECT_TRUE(top.tree);
  EXPECT_FALSE(top.once);
  EXPECT_EQ(top.interval, Milliseconds(250));
  EXPECT_EQ(top.slice, "ci");
  EXPECT_EQ(options_of<TopOptions>({"top"}).sort, "cpu");
  EXPECT_TRUE(contains(refusal_of({"top", "--sort", "age"}), "processes"));
  EXPECT_TRUE(contains(refusal_of({"top", "--interval", "1ms"}), "100ms or more"));
  EXPECT_TRUE(contains(refusal_of({"top", "ci"}), "takes no argument"));
  EXPECT_TRUE(contains(refusal_of({"explain", "all"}), "takes no argument"));
}

TEST(WatchWords, have_help_with_examples) {
  for (const char* command : {"limit", "top", "explain"}) {
    const std::string help = std::get<Answer>(parse({command, "--help"})).text;
    EXPECT_TRUE(contains(help, std::string("Usage: coppice ") + command)) << command;
    EXPECT_TRUE(contains(help, "Examples:\n  ")) << command;
  }
}

}  // namespace
}  // namespace coppice::cli
