// The emulator: what a program wrote, and what a later viewer is shown of it.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "daemon/terminal/screen.h"

namespace coppice::daemon {
namespace {

constexpr config::TerminalSize kSize{20, 5};

// A snapshot of a terminal that was in some state of its own before it was shown `snapshot`.
std::string shown_to_another(const Screen& screen) {
  Screen other(screen.size());
  other.feed("\033[?1049h\033[2;4r\033[?6h\033[7mjunk\033[4h\033(0\033[?25l\0337\033]0;unfinished");
  other.feed(screen.snapshot());
  return other.snapshot();
}

// What `bytes` show, the other way round: two screens that look and act alike have one snapshot.
std::string after(std::string_view bytes) {
  Screen screen(kSize);
  screen.feed(bytes);
  EXPECT_EQ(shown_to_another(screen), screen.snapshot());
  return screen.snapshot();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Screen, text_stands_where_it_was_written) {
  EXPECT_EQ(after("one\r\ntwo"), after("\033[2;1Htwo\033[1;1Hone\033[2;4H"));
  EXPECT_TRUE(contains(after("one\r\ntwo"), "\033[1;1Hone\033[2;1Htwo"));
}

TEST(Screen, colours_and_attributes_are_kept) {
  const std::string text = after("\033[1;31mred\033[0;48;5;200mindexed\033[38;2;1;2;3mrgb\033[39;4:3mx");
  EXPECT_TRUE(contains(text, "\033[0;1;31mred"));
  EXPECT_TRUE(contains(text, "\033[0;48;5;200mindexed"));
  EXPECT_TRUE(contains(text, "\033[0;38;2;1;2;3;48;5;200mrgb"));
  EXPECT_TRUE(contains(text, "\033[0;4;48;5;200mx"));
}

TEST(Screen, the_pen_goes_on_in_its_colour) {
  Screen screen(kSize);
  screen.feed("\033[32mgre");
  Screen other(kSize);
  other.feed(screen.snapshot());
  for (Screen* each : {&screen, &other}) each->feed("en");
  EXPECT_EQ(screen.snapshot(), other.snapshot());
  EXPECT_TRUE(contains(other.snapshot(), "\033[0;32mgreen"));
}

TEST(Screen, lines_wrap_and_scroll) {
  EXPECT_EQ(after("aaaaaaaaaaaaaaaaaaaaab\r\n1\r\n2\r\n3\r\n4"), after("ab\r\n1\r\n2\r\n3\r\n4"));
  // The last column is full: the next character wraps, here and where it is shown.
  Screen screen(kSize);
  screen.feed("aaaaaaaaaaaaaaaaaaaa");
  Screen other(kSize);
  other.feed(screen.snapshot());
  other.feed("b");
  EXPECT_TRUE(contains(other.snapshot(), "\033[2;1Hb"));
}

TEST(Screen, the_alternate_screen_covers_the_other_one) {
  const std::string text = after("shell\033[?1049h\033[2J\033[Heditor");
  EXPECT_LT(text.find("shell"), text.find("\033[?1049h"));
  EXPECT_LT(text.find("\033[?1049h"), text.find("editor"));
  EXPECT_EQ(after("shell\033[?1049heditor\033[?1049l$"), after("shell\0337$"));
}

TEST(Screen, modes_of_cursor_keys_mouse_and_pasting_are_passed_on) {
  const std::string text = after("\033[?25l\033[?1h\033=\033[?1000;1006h\033[?2004h\033[6 q");
  for (const char* mode : {"\033[?25l", "\033[?1h", "\033=", "\033[?1000h", "\033[?1006h", "\033[?2004h", "\033[6 q"})
    EXPECT_TRUE(contains(text, mode)) << mode + 1;
  EXPECT_TRUE(contains(after("\033[?25l\033[?25h\033[?1h\033[?1l"), "\033[?25h\033[?1l"));
}

TEST(Screen, margins_hold_what_lies_outside) {
  const std::string text = after("top\033[5;1Hbottom\033[2;4r\033[4;1H1\n\r2\n\r3\n\r4");
  EXPECT_TRUE(contains(text, "\033[1;1Htop\033[2;1H2\033[3;1H3\033[4;1H4\033[5;1Hbottom"));
  EXPECT_TRUE(contains(text, "\033[2;4r"));
}

TEST(Screen, lines_and_characters_are_inserted_and_deleted) {
  EXPECT_EQ(after("1\r\n2\r\n3\033[2;1H\033[Lnew\033[H"), after("1\r\nnew\r\n2\r\n3\033[H"));
  EXPECT_EQ(after("1\r\n2\r\n3\033[2;1H\033[M\033[H"), after("1\r\n3\033[H"));
  EXPECT_EQ(after("abcdef\033[1;2H\033[2P\033[H"), after("adef\033[H"));
  EXPECT_EQ(after("abcdef\033[1;2H\033[2@\033[H"), after("a\033[2Cbcdef\033[H"));
  EXPECT_EQ(after("abcdef\033[1;3H\033[K\033[H"), after("ab\033[H"));
  EXPECT_EQ(after("a\r\nb\r\nc\033[2;1H\033[J\033[H"), after("a\033[H"));
}

TEST(Screen, wide_characters_take_two_columns_and_marks_none) {
  EXPECT_TRUE(contains(after("\xe4\xb8\xad|e\xcc\x81|"), "\xe4\xb8\xad|e\xcc\x81|"));
  // Half of one that is written over leaves an empty half.
  EXPECT_EQ(after("\xe4\xb8\xad\033[1;2Hx"), after(" x"));
}

TEST(Screen, line_drawing_is_shown_as_lines) {
  EXPECT_TRUE(contains(after("\033(0lqk\033(B"), "\xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90"));
}

TEST(Screen, a_viewer_gets_the_beginning_of_what_is_half_written) {
  EXPECT_TRUE(after("x\033[1;3").ends_with("\033[1;3"));
  EXPECT_TRUE(after("x\xe4\xb8").ends_with("\xe4\xb8"));
  // Of a title only that it is one: the rest is swallowed there.
  EXPECT_TRUE(after("x\033]0;half").ends_with("\033]"));
  EXPECT_EQ(after("x\033]0;whole\007"), after("x"));
}

TEST(Screen, a_change_of_size_keeps_the_line_of_the_cursor) {
  Screen screen(kSize);
  screen.feed("1\r\n2\r\n3\r\n4\r\nlast");
  screen.resize({10, 2});
  EXPECT_TRUE(contains(screen.snapshot(), "\033[1;1H4\033[2;1Hlast"));
  EXPECT_TRUE(contains(screen.snapshot(), "\033[2;5H"));
  screen.resize({30, 10});
  screen.feed("!");
  EXPECT_TRUE(contains(screen.snapshot(), "last!"));
}

TEST(Screen, what_is_no_text_is_replaced_and_what_is_no_sequence_swallowed) {
  EXPECT_TRUE(contains(after("a\xff\xc0\xed\xa0\x80z"), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"));
  EXPECT_EQ(after("a\033[99999999999999999999;;;;x\033[?$y\033%Gb"), after("ab"));
}

TEST(Screen, screens_of_all_jobs_have_a_bound_together) {
  std::vector<std::unique_ptr<Screen>> screens;
  const config::TerminalSize big{1000, 500};
  EXPECT_THROW(
      {
        for (std::size_t cells = 0; cells <= Screen::kCellsOfAll; cells += 1000 * 500)
          screens.push_back(std::make_unique<Screen>(big));
      },
      std::system_error);
  EXPECT_THROW(screens.front()->resize({2000, 2000}), std::system_error);
  screens.clear();
  EXPECT_NO_THROW(Screen{big});
}

// Bytes that hold together somewhat: sequences with wild numbers, text, and noise.
class Noise {
 public:
  explicit Noise(unsigned seed) : random_(seed) {}
  int below(int bound) { return std::uniform_int_distribution<>(0, bound - 1)(random_); }
  std::string piece() {
    std::string text;
    switch (below(6)) {
      case 0:
      case 1:
        text = "\033[";
        if (below(3) == 0) text += '?';
        for (int left = below(4); left > 0; --left) text += number() + (below(8) == 0 ? ":" : ";");
        return text + number() + static_cast<char>(0x40 + below(0x3f));
      case 2: return {'\033', static_cast<char>(0x20 + below(0x5f)), static_cast<char>(0x30 + below(0x4f))};
      case 3: return below(2) == 0 ? "\xe4\xb8\xad\xcc\x81\xcc\x82\xcc\x83" : "\r\n\t\b\v\016\017";
      case 4:
        for (int left = below(30); left > 0; --left) text += static_cast<char>(below(256));
        return text;
      default: return std::string(static_cast<std::size_t>(below(40)), static_cast<char>(0x20 + below(0x5f)));
    }
  }

 private:
  std::string number() {
    const int kind = below(10);
    if (kind == 0) return "4294967295";
    if (kind == 1) return "1049";
    return std::to_string(below(kind < 5 ? 8 : 90));
  }
  std::mt19937 random_;
};

TEST(Screen, A3_any_bytes_and_sizes_are_taken_and_what_is_shown_can_be_shown_again) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Noise noise(seed);
    Screen screen({1 + noise.below(90), 1 + noise.below(40)});
    for (int step = 0; step < 400; ++step) {
      screen.feed(noise.piece());
      if (noise.below(50) == 0) screen.resize({1 + noise.below(90), 1 + noise.below(40)});
      if (noise.below(40) != 0) continue;
      ASSERT_EQ(shown_to_another(screen), screen.snapshot()) << seed << ' ' << step;
    }
  }
}

}  // namespace
}  // namespace coppice::daemon
