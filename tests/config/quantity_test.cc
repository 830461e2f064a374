#include "config/quantity.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace coppice::config {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, a_number_without_a_unit_is_so_many_of_what_the_caller_says) {
  EXPECT_EQ(read_duration("10", 1s), 10s);
  EXPECT_EQ(read_duration("10", 1ms), 10ms);
  EXPECT_EQ(read_duration("1m30s", 1ms), 90s);
  EXPECT_EQ(read_duration("7d", 1ms), 168h);
}

TEST(Quantity, what_is_neither_is_refused_with_what_would_do) {
  for (const char* text : {"", "s", "1x", "-1s", "1e3", " 1s"})
    EXPECT_THROW(read_duration(text, 1s), std::invalid_argument) << text;
  EXPECT_THROW(read_duration("200000d", 1s), std::invalid_argument);
  for (const char* text : {"", "M", "1X", "-1", "1KB", "9999999T"}) EXPECT_THROW(read_size(text), std::invalid_argument) << text;
}

TEST(Quantity, texts_are_exact_and_in_the_largest_unit_that_is) {
  for (const char* text : {"0ms", "1ms", "1500ms", "90s", "2m", "36h", "30d"})
    EXPECT_EQ(duration_text(read_duration(text, 1ms)), text);
  for (const char* text : {"0", "1", "1023", "1K", "1025K", "8G", "1T"}) EXPECT_EQ(size_text(read_size(text)), text);
}

}  // namespace
}  // namespace coppice::config
