// Text for people: tables, numbers, trees, terminals.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "cli/draw.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace coppice::cli {
namespace {

using std::chrono::microseconds;

Terminal plain(int width = 0) {
  Terminal terminal;
  terminal.width = width;
  return terminal;
}

config::Process process(int pid, int parent, std::vector<std::string> command_line) {
  config::Process result;
  result.pid = pid;
  result.parent = parent;
  result.command_line = std::move(command_line);
  result.state = 'S';
  return result;
}

TEST(Human, durations_have_the_unit_that_fits) {
  EXPECT_EQ(human_duration(microseconds(0)), "0 us");
  EXPECT_EQ(human_duration(microseconds(-5)), "0 us");
  EXPECT_EQ(human_duration(microseconds(350'000)), "350 ms");
  EXPECT_EQ(human_duration(microseconds(12'340'000)), "12.3 s");
  EXPECT_EQ(human_duration(microseconds(59'990'000)), "1m");
  EXPECT_EQ(human_duration(microseconds(123'000'000)), "2m 3s");
  EXPECT_EQ(human_duration(std::chrono::minutes(62)), "1h 2m");
  EXPECT_EQ(human_duration(std::chrono::hours(76)), "3d 4h");
}

TEST(Human, bytes_have_the_unit_that_fits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
  EXPECT_EQ(human_bytes(std::int64_t{200} << 30), "200 GiB");
}

TEST(Human, a_shell_reads_a_command_line_back) {
  const std::vector<std::string> argv = {"sh", "-c", "echo it's", ""};
  EXPECT_EQ(shell_line(argv), "sh -c 'echo it'\\''s' ''");
}

TEST(Human, times_of_other_days_have_a_date) {
  ASSERT_EQ(::setenv("TZ", "UTC", 1), 0);
  ::tzset();
  const std::int64_t noon = 1717156800LL * 1'000'000;  // 2024-05-31 12:00:00 UTC
  EXPECT_EQ(human_time(noon, noon + 1'000'000), "12:00:00");
  EXPECT_EQ(human_time(noon, noon + 86'400LL * 1'000'000), "2024-05-31 12:00:00");
}

TEST(Terminal, bytes_that_are_no_text_are_shown_and_not_sent) {
  EXPECT_EQ(printable("a\xff\x9b" "b\xc3"), "a\\xff\\x9b" "b\\xc3");
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");
}

TEST(Terminal, control_characters_are_shown_and_not_sent) {
  EXPECT_EQ(printable("a\033[31mb\n\x7f"), "a\\x1b[31mb\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b" "2J"), "\\x9b2J");
  EXPECT_EQ(printable("grün €"), "grün €");
}

TEST(Terminal, shortening_counts_code_points) {
  EXPECT_EQ(shortened("grünes", 6, true), "grünes");
  EXPECT_EQ(shortened("grünes", 4, true), "grü…");
  EXPECT_EQ(shortened("abcdefgh", 5, false), "ab...");
}

TEST(Terminal, colours_only_where_they_are_wanted) {
  Terminal terminal;
  EXPECT_EQ(terminal.paint(Colour::red, "x"), "x");
  terminal.colours = true;
  EXPECT_EQ(terminal.paint(Colour::red, "x"), "\033[31mx\033[0m");
}

TEST(Terminal, a_file_is_no_terminal) {
  const Terminal terminal = terminal_of(-1);
  EXPECT_FALSE(terminal.is_terminal);
  EXPECT_FALSE(terminal.colours);
  EXPECT_EQ(terminal.width, 0);
}

TEST(Table, columns_are_aligned_and_no_line_ends_with_blanks) {
  Table table({"A", "NAME", "C"});
  table.add({{"1"}, {"grün"}, {"x"}});
  table.add({{"22"}, {"b"}, {""}});
  EXPECT_EQ(table.text(plain()), "A   NAME  C\n1   grün  x\n22  b\n");
}

TEST(Table, the_last_column_is_fitted_to_the_width) {
  Table table({"A", "C"});
  table.add({{"1"}, {"abcdefghijklmnop"}});
  EXPECT_EQ(table.text(plain(13)), "A  C\n1  abcdefg...\n");
  EXPECT_EQ(table.text(plain()), "A  C\n1  abcdefghijklmnop\n");
}

TEST(Tree, children_hang_below_their_parents) {
  const std::vector<config::Process> processes = {process(30, 10, {"c"}), process(10, 1, {"a", "b c"}),
                                                  process(20, 10, {"b"}), process(25, 20, {"d"}),
                                                  process(40, 1, {})};
  EXPECT_EQ(process_tree(processes, plain()),
            "|- 10 a 'b c'\n"
            "|  |- 20 b\n"
            "|  |  `- 25 d\n"
            "|  `- 30 c\n"
            "`- 40 (no command line)\n");
}

TEST(Tree, a_circle_of_parents_ends) {
  EXPECT_EQ(process_tree({process(1, 2, {"a"}), process(2, 1, {"b"}), process(3, 3, {"c"})}, plain()),
            "`- 3 c\n");
}

}  // namespace
}  // namespace coppice::cli
