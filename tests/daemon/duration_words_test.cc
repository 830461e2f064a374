#include "daemon/duration_words.h"

#include <gtest/gtest.h>

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;

TEST(DurationWords, are_exact_and_short) {
  EXPECT_EQ(duration_words(1ms), "1 ms");
  EXPECT_EQ(duration_words(999ms), "999 ms");
  EXPECT_EQ(duration_words(2s), "2 s");
  EXPECT_EQ(duration_words(1500ms), "1.5 s");
  EXPECT_EQ(duration_words(1001ms), "1.001 s");
  EXPECT_EQ(duration_words(1010ms), "1.01 s");
  EXPECT_EQ(duration_words(90s), "90 s");
  EXPECT_EQ(duration_words(2min), "2 min");
  EXPECT_EQ(duration_words(36h), "36 h");
  EXPECT_EQ(duration_words(36h + 1ms), "129600.001 s");
}

}  // namespace
}  // namespace coppice::daemon
