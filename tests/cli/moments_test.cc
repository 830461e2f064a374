#include "cli/moments.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cli/values.h"

namespace coppice::cli {
namespace {

std::int64_t parsed(const std::string& text) { return parse_moment("--since", text); }

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST(Moments, a_time_is_told_in_utc_to_the_millisecond) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(1795695366123999), "2026-11-26T12:16:06.123Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Moments, what_is_told_is_understood) {
  EXPECT_EQ(parsed("2026-11-26T12:16:06.123Z"), 1795695366123000);
  EXPECT_EQ(parsed("2026-11-26T13:46:06+01:30"), 1795695366000000);
  EXPECT_EQ(parsed("2026-11-26T12:16-0000"), 1795695360000000);
}

TEST(Moments, without_a_zone_it_is_local_time) {
  const char* before = std::getenv("TZ");
  const std::string kept = before ? before : "";
  ASSERT_EQ(::setenv("TZ", "XYZ-2", 1), 0);
  ::tzset();
  EXPECT_EQ(parsed("2026-11-26 14:16:06.5"), 1795695366500000);
  EXPECT_EQ(parsed("2026-11-26"), 1795644000000000);
  before ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

TEST(Moments, a_duration_is_so_long_ago) {
  const std::int64_t before = now();
  const std::int64_t then = parsed("10m");
  EXPECT_GE(then, before - 600'000'000);
  EXPECT_LE(then, now() - 600'000'000);
}

TEST(Moments, what_is_neither_is_refused_with_a_remedy) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-26T", "2026-11-26T12", "2026-11-26T12:16:",
                           "2026-11-26T12:16+1", "2026-11-26T12:16Z ", "26-11-2026", "-5m"}) {
    try {
      parsed(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("--since \"", 0), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace coppice::cli
