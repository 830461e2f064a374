#include "daemon/output/log_index.h"

#include <gtest/gtest.h>

namespace coppice::daemon {
namespace {

config::Time at(std::int64_t milliseconds) {
  return config::Time{std::chrono::milliseconds(milliseconds)};
}

TEST(LogIndex, tells_when_a_byte_came) {
  LogIndex index;
  EXPECT_EQ(index.at(5), config::Time{});
  index.add(0, at(1000));
  index.add(10, at(2000));
  EXPECT_EQ(index.at(0), at(1000));
  EXPECT_EQ(index.at(9), at(1000));
  EXPECT_EQ(index.at(10), at(2000));
  EXPECT_EQ(index.at(1000000), at(2000));
}

TEST(LogIndex, pieces_of_one_millisecond_are_one) {
  LogIndex index;
  index.add(0, at(1000));
  index.add(10, at(1000) + std::chrono::microseconds(900));
  EXPECT_EQ(index.entries(), 1U);
}

TEST(LogIndex, a_clock_that_is_set_back_loses_no_piece) {
  LogIndex index;
  index.add(0, at(1000));
  index.add(10, at(500));
  EXPECT_EQ(index.at(10), at(500));
}

TEST(LogIndex, stays_within_its_bound_and_keeps_first_and_last) {
  LogIndex index;
  constexpr std::uint64_t kPieces = 100000;
  for (std::uint64_t piece = 0; piece < kPieces; ++piece)
    index.add(piece * 10, at(static_cast<std::int64_t>(piece * 5)));
  EXPECT_LE(index.entries(), LogIndex::kMaxEntries);
  EXPECT_EQ(index.at(0), at(0));
  // Later entries may be for earlier bytes than asked for, never for later ones.
  for (std::uint64_t piece = 0; piece < kPieces; piece += 1000)
    EXPECT_LE(index.at(piece * 10), at(static_cast<std::int64_t>(piece * 5)));
  EXPECT_EQ(index.at(kPieces * 10), at(static_cast<std::int64_t>((kPieces - 1) * 5)));
}

}  // namespace
}  // namespace coppice::daemon
