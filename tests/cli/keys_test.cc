#include <gtest/gtest.h>

#include "cli/detach_keys.h"
#include "cli/traces.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

TEST(DetachKeys, are_read_as_docker_has_them) {
  EXPECT_EQ(parse_detach_keys("ctrl-p,ctrl-q"), "\x10\x11");
  EXPECT_EQ(parse_detach_keys("ctrl-],d"), "\x1d" "d");
  EXPECT_EQ(parse_detach_keys("~"), "~");
  EXPECT_EQ(parse_detach_keys(""), "");
}

TEST(DetachKeys, that_are_none_are_refused_by_name) {
  for (const char* wrong : {"ctrl-", "ctrl-pp", "ab", "a,", ",", "ctrl-1", "alt-x"}) {
    try {
      static_cast<void>(parse_detach_keys(wrong));
      ADD_FAILURE() << wrong;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("--detach-keys"), std::string::npos);
    }
  }
}

TEST(DetachKeys, are_found_wherever_pieces_end) {
  DetachKeys keys("\x10\x11");
  EXPECT_EQ(keys.pass("ab\x10"), "ab");
  EXPECT_EQ(keys.pass("c"), "\x10" "c");
  EXPECT_EQ(keys.pass("\x10\x10"), "\x10");
  EXPECT_FALSE(keys.pressed());
  EXPECT_EQ(keys.pass("\x11more"), "");
  EXPECT_TRUE(keys.pressed());
}

TEST(DetachKeys, a_beginning_that_overlaps_is_not_missed) {
  DetachKeys keys("aab");
  EXPECT_EQ(keys.pass("aaab"), "a");
  EXPECT_TRUE(keys.pressed());
}

TEST(DetachKeys, none_pass_everything) {
  DetachKeys keys("");
  EXPECT_EQ(keys.pass("\x10\x11"), "\x10\x11");
  EXPECT_FALSE(keys.pressed());
}

std::string undone(std::string_view bytes) {
  Traces traces;
  for (const char byte : bytes) traces.see({&byte, 1});
  return traces.undo();
}

TEST(Traces, a_plain_end_resets_colours_only) { EXPECT_EQ(undone("text\033[1;31mred"), "\033\\\033[0m\033(B\017"); }

TEST(Traces, what_an_editor_leaves_is_undone) {
  const std::string undo = undone("\033[?1049h\033[?1h\033=\033[2;23r\033[?25l\033[?1000;1006h\033[?2004h");
  for (const char* part : {"\033[?1049l", "\033[?1l", "\033>", "\033[r", "\033[?25h", "\033[?1000l", "\033[?1006l",
                           "\033[?2004l"})
    EXPECT_NE(undo.find(part), std::string::npos) << part + 1;
}

TEST(Traces, what_was_put_back_is_left_alone) {
  EXPECT_EQ(undone("\033[?1049h\033[?25l\033=\033[1;5r\033[r\033>\033[?25h\033[?1049l"), "\033\\\033[0m\033(B\017");
  EXPECT_EQ(undone("\033[?1049h\033c"), "\033\\\033[0m\033(B\017");
}

}  // namespace
}  // namespace coppice::cli
