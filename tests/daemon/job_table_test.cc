#include "daemon/job_table.h"

#include <gtest/gtest.h>

#include <string>

namespace coppice::daemon {
namespace {

class JobTableTest : public testing::Test {
 protected:
  std::shared_ptr<Job> add(const std::string& id, const std::string& slice = "",
                           const std::string& name = "", uid_t owner = 0) {
    config::JobSpec spec;
    spec.commands.push_back({{"true"}, std::nullopt});
    if (!slice.empty()) spec.slice = slice;
    if (!name.empty()) spec.name = name;
    Owner user;
    user.uid = owner;
    auto job = std::make_shared<Job>(io_, events_, id, std::move(spec), user);
    table_.add(job);
    return job;
  }

  void end(const std::shared_ptr<Job>& job) {
    job->mark_ended({});
    table_.settle(*job);
  }

  asio::io_context io_;
  EventHub events_{io_};
  JobTable table_;
};

TEST_F(JobTableTest, a_job_is_found_by_id_also_after_its_end_and_by_name_only_before) {
  const auto job = add("01A", "", "build");
  EXPECT_EQ(table_.find("01A"), job);
  EXPECT_EQ(table_.find_named("build"), job);
  end(job);
  EXPECT_EQ(table_.find("01A"), job);
  EXPECT_EQ(table_.find_named("build"), nullptr);
  EXPECT_EQ(table_.live(), 0u);
}

TEST_F(JobTableTest, a_slice_holds_its_jobs_and_those_of_the_slices_below) {
  add("01A", "ci");
  add("01B", "ci/build-42");
  add("01C", "cicada");
  add("01D");
  EXPECT_EQ(table_.live_in("ci").size(), 2u);
  EXPECT_EQ(table_.live_in("ci/build-42").size(), 1u);
  EXPECT_EQ(table_.live_in("").size(), 4u);
}

TEST_F(JobTableTest, jobs_are_selected_in_order_of_their_start) {
  const auto first = add("01A");
  add("01B");
  end(first);
  add("01C");
  const auto all = table_.select([](const Job&) { return true; });
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]->id(), "01A");
  EXPECT_EQ(all[2]->id(), "01C");
}

TEST_F(JobTableTest, live_jobs_are_counted_by_owner) {
  const auto job = add("01A", "", "", 1000);
  add("01B", "", "", 1000);
  EXPECT_EQ(table_.live_of(1000), 2u);
  end(job);
  EXPECT_EQ(table_.live_of(1000), 1u);
  EXPECT_EQ(table_.live_of(1001), 0u);
}

TEST_F(JobTableTest, ended_jobs_beyond_the_cap_are_forgotten_oldest_first) {
  std::vector<std::shared_ptr<Job>> surplus;
  for (std::size_t i = 0; i <= JobTable::kEndedKept; ++i) {
    std::string id = std::to_string(i);
    id.insert(0, 8 - id.size(), '0');
    const auto job = add(id);
    job->mark_ended({});
    surplus = table_.settle(*job);
  }
  ASSERT_EQ(surplus.size(), 1u);
  EXPECT_EQ(surplus[0]->id(), "00000000");
  EXPECT_EQ(table_.find("00000000"), nullptr);
}

TEST_F(JobTableTest, O6_events_are_kept_up_to_a_bound_and_a_gap_shows) {
  const auto job = add("01A");
  const auto before = events_.last_sequence();
  for (std::size_t i = 0; i < EventHub::kKept + 10; ++i)
    events_.publish(config::EventKind::ready, {}, job->snapshot(), 0);
  const JobEvent* next = events_.after(before);
  ASSERT_NE(next, nullptr);
  EXPECT_GT(next->sequence, before + 1);
  EXPECT_EQ(events_.after(events_.last_sequence()), nullptr);
  EXPECT_EQ(events_.after(events_.last_sequence() - 1)->sequence, events_.last_sequence());
}

}  // namespace
}  // namespace coppice::daemon
