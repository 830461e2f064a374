#include "daemon/job_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace coppice::daemon {
namespace {

config::Time at(std::int64_t microseconds) {
  return config::Time(std::chrono::microseconds(microseconds));
}

TEST(JobId, has_26_characters_of_crockfords_alphabet) {
  const std::string id = JobIds().make(at(1'700'000'000'000'000));
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos);
  // The first ten digits are the milliseconds: 1,700,000,000,000.
  EXPECT_EQ(id.substr(0, 10), "01HF7YAT00");
}

TEST(JobId, ids_sort_in_the_order_in_which_they_were_made) {
  JobIds ids;
  std::string last;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = ids.make(at(1'700'000'000'000'000 + i / 100));
    EXPECT_LT(last, id);
    last = id;
  }
}

TEST(JobId, ids_sort_also_when_the_clock_steps_back) {
  JobIds ids;
  const std::string first = ids.make(at(1'700'000'000'000'000));
  EXPECT_LT(first, ids.make(at(1'600'000'000'000'000)));
}

TEST(JobId, ids_of_two_makers_differ) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(JobIds().make(at(1'700'000'000'000'000)));
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace coppice::daemon
