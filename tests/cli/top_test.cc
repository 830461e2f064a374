// What coppice top shows of jobs.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/top_samples.h"
#include "cli/top_view.h"

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Terminal plain(int width) {
  Terminal terminal;
  terminal.width = width;
  return terminal;
}

TopEntry entry(const std::string& name, const std::string& slice, double cpu, std::int64_t memory) {
  TopEntry one;
  one.id = "01ABCDEFGH00000000000000" + name;
  one.name = name;
  one.slice = slice;
  one.command = "sleep 1000";
  one.figures.cpu = cpu;
  one.figures.cpu_time = 1500ms;
  one.figures.memory = memory;
  one.figures.processes = 2;
  return one;
}

Lines names_by(TopSort by) {
  std::vector<TopEntry> entries = {entry("b", "", 1, 30), entry("a", "", 2, 10), entry("c", "", 0, 20)};
  entries[2].figures.cpu.reset();
  entries[0].figures.io = 5;
  entries[1].figures.processes = 9;
  sort_entries(entries, by);
  Lines names;
  for (const TopEntry& one : entries) names.push_back(one.name);
  return names;
}

TEST(Top, sorts_the_most_first_and_those_without_the_figure_last) {
  EXPECT_EQ(names_by(TopSort::cpu), (Lines{"a", "b", "c"}));
  EXPECT_EQ(names_by(TopSort::memory), (Lines{"b", "c", "a"}));
  EXPECT_EQ(names_by(TopSort::io), (Lines{"b", "a", "c"}));
  EXPECT_EQ(names_by(TopSort::processes), (Lines{"a", "b", "c"}));
  EXPECT_EQ(names_by(TopSort::name), (Lines{"a", "b", "c"}));
}

TEST(Top, has_a_line_for_each_job_and_a_dash_for_what_nobody_measured) {
  const Lines lines = top_table({entry("web", "ci", 12.34, 3 << 20)}, TopSort::cpu, plain(80));
  EXPECT_EQ(lines, (Lines{"JOB STATE      CPU%    TIME    MEMORY      IO/S PROCS COMMAND",
                          "web running    12.3   1.5 s   3.0 MiB         -     2 sleep 1000"}));
}

TEST(Top, shows_the_slice_where_there_is_room) {
  for (const int width : {100, 0}) {
    const Lines lines = top_table({entry("web", "ci/build", 0, 0)}, TopSort::cpu, plain(width));
    EXPECT_EQ(lines[0], "JOB  SLICE     STATE       CPU%     TIME     MEMORY       IO/S  PROCS  COMMAND");
    EXPECT_EQ(lines[1], "web  ci/build  running      0.0    1.5 s        0 B          -      2  sleep 1000");
  }
}

TEST(Top, no_line_is_longer_than_the_terminal_is_wide) {
  std::vector<TopEntry> entries = {entry(std::string(64, 'n'), "a/" + std::string(60, 's') + "/c", 1600, 1 << 30)};
  entries.push_back(entry("", "", 1, 1));
  entries[0].command = std::string(300, 'x');
  for (const int width : {40, 41, 64, 79, 80, 99, 100, 132, 140, 250})
    for (const Lines& lines : {top_table(entries, TopSort::cpu, plain(width)), top_tree(entries, TopSort::cpu, plain(width))})
      for (const std::string& line : lines) EXPECT_LE(columns_of(line), static_cast<std::size_t>(width)) << line;
}

TEST(Top, at_80_columns_no_figure_is_left_out) {
  const Lines lines = top_table({entry(std::string(64, 'n'), "", 1, 1)}, TopSort::cpu, plain(80));
  for (const char* title : {"STATE", "CPU%", "TIME", "MEMORY", "IO/S", "PROCS", "COMMAND"})
    EXPECT_NE(lines[0].find(title), std::string::npos) << title;
}

TEST(Top, names_a_job_without_a_name_by_as_much_of_its_id_as_tells_it_from_others) {
  TopEntry one = entry("", "", 2, 0), other = entry("", "", 1, 0);
  one.id = "01ABCDEFGHJKAAAAAAAAAAAAAA";
  other.id = "01ABCDEFGHJKBAAAAAAAAAAAAA";
  const Lines both = top_table({one, other}, TopSort::cpu, plain(0));
  EXPECT_TRUE(both[1].starts_with("01ABCDEFGHJKA  ")) << both[1];
  EXPECT_TRUE(both[2].starts_with("01ABCDEFGHJKB  ")) << both[2];
  EXPECT_TRUE(top_table({one}, TopSort::cpu, plain(0))[1].starts_with("01ABCDEFGH  "));
}

TEST(Top, control_characters_of_a_command_do_not_reach_the_terminal) {
  TopEntry one = entry("web", "", 1, 1);
  one.command = "evil \033[2J";
  EXPECT_NE(top_table({one}, TopSort::cpu, plain(0))[1].find("evil \\x1b[2J"), std::string::npos);
}

TEST(Top, as_a_tree_has_slices_with_the_sums_of_all_below_them) {
  const Lines lines = top_tree({entry("lone", "", 1, 1), entry("x", "ci/a", 10, 1024), entry("y", "ci/b", 20, 1024),
                                entry("z", "db", 5, 4096)},
                               TopSort::cpu, plain(80));
  Lines beginnings;
  for (const std::string& line : lines) beginnings.push_back(line.substr(0, line.find(' ', line.find_first_not_of(' '))));
  EXPECT_EQ(beginnings, (Lines{"JOB", "lone", "ci/", "  b/", "    y", "  a/", "    x", "db/", "  z"}));
  EXPECT_NE(lines[2].find(" 30.0 "), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("2.0 KiB"), std::string::npos) << lines[2];
  EXPECT_TRUE(lines[2].ends_with("2 jobs")) << lines[2];
  const Lines by_memory = top_tree({entry("y", "ci", 20, 1024), entry("z", "db", 5, 4096)}, TopSort::memory, plain(80));
  EXPECT_TRUE(by_memory[1].starts_with("db/"));
}

TEST(Top, adds_up_what_was_measured_alone) {
  EXPECT_EQ(total_words({entry("a", "", 50, 1024), entry("b", "", 25.5, 1024)}), "2 jobs, CPU 75.5 %, memory 2.0 KiB");
  EXPECT_EQ(total_words({TopEntry()}), "1 job");
}

config::Job job(const std::string& id, std::int64_t cpu_time, std::optional<std::int64_t> read = {}) {
  config::Job one;
  one.id = id;
  one.usage.emplace();
  one.usage->cpu_user = std::chrono::microseconds(cpu_time);
  one.usage->io_read = read;
  return one;
}

TEST(TopSamples, take_two_looks_for_what_is_per_time) {
  TopSamples samples;
  const auto begin = TopSamples::Clock::now();
  const auto first = samples.take({job("A", 1'000'000, 500)}, begin, 0);
  EXPECT_FALSE(first[0].figures.cpu);
  EXPECT_EQ(first[0].figures.cpu_time, 1s);
  const auto second = samples.take({job("A", 2'000'000, 1500)}, begin + 2s, 2'000'000);
  EXPECT_DOUBLE_EQ(*second[0].figures.cpu, 50);
  EXPECT_DOUBLE_EQ(*second[0].figures.io, 500);
}

TEST(TopSamples, count_a_new_job_from_its_start_and_an_older_one_from_the_next_look) {
  TopSamples samples;
  const auto begin = TopSamples::Clock::now();
  static_cast<void>(samples.take({}, begin, 10'000'000));
  config::Job young = job("Y", 500'000), old = job("O", 500'000);
  young.started_at = config::Time(11'000'000us);
  old.started_at = config::Time(1'000'000us);
  const auto seen = samples.take({young, old}, begin + 2s, 12'000'000);
  EXPECT_DOUBLE_EQ(*seen[0].figures.cpu, 50);
  EXPECT_FALSE(seen[1].figures.cpu);
}

TEST(TopSamples, begin_anew_with_each_attempt_and_know_of_no_figure_that_is_absent) {
  TopSamples samples;
  const auto begin = TopSamples::Clock::now();
  static_cast<void>(samples.take({job("A", 9'000'000)}, begin, 0));
  config::Job again = job("A", 1'000'000);
  again.attempt = 2;
  EXPECT_FALSE(samples.take({again}, begin + 1s, 0)[0].figures.cpu);
  const auto next = samples.take({again}, begin + 2s, 0)[0].figures;
  EXPECT_DOUBLE_EQ(*next.cpu, 0);
  EXPECT_FALSE(next.io);
  EXPECT_FALSE(next.memory);
}

}  // namespace
}  // namespace coppice::cli
