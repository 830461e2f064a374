#include "daemon/job_table.h"

#include <gtest/gtest.h>

#include <string>

namespace coppice::daemon {
namespace {

class JobTableTest : public testing::Test {
 protected:
  std::shared_ptr<Job> add(const std::string& id, const std::string& slice = "",
                           const std::string& name = "", uid_t owner = 0) {
    JobRecord record;
    record.id = id;
    record.spec.commands.push_back({{"true"}, std::nullopt});
    if (!slice.empty()) record.spec.slice = slice;
    if (!name.empty()) record.spec.name = name;
    record.owner.uid = owner;
    auto job = std::make_shared<Job>(io_, chronicle_, std::move(record));
    table_.add(job);
    return job;
  }

  void end(const std::shared_ptr<Job>& job) {
    job->record_end({});
    job->mark_ended();
    table_.settle(*job);
  }

  asio::io_context io_;
  EventHub events_{io_};
  Chronicle chronicle_{events_};
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
  EXPECT_EQ(table_.of_user(1000).live, 2u);
  end(job);
  EXPECT_EQ(table_.of_user(1000).live, 1u);
  EXPECT_EQ(table_.of_user(1001).live, 0u);
}

std::string numbered(std::size_t number) {
  std::string id = std::to_string(number);
  return std::string(8 - id.size(), '0') + id;
}

TEST_F(JobTableTest, of_the_ended_jobs_that_may_go_the_latest_stay) {
  for (std::size_t i = 0; i <= JobTable::kEndedKept; ++i) {
    const auto job = add(numbered(i));
    end(job);
    table_.let_go(job->id());
  }
  EXPECT_EQ(table_.find(numbered(0)), nullptr);
  EXPECT_NE(table_.find(numbered(1)), nullptr);
}

TEST_F(JobTableTest, ended_jobs_that_may_not_go_yet_stay_however_many) {
  const auto live = add("live");
  table_.let_go("live");
  for (std::size_t i = 0; i <= 2 * JobTable::kEndedKept; ++i) end(add(numbered(i)));
  EXPECT_NE(table_.find(numbered(0)), nullptr);
  table_.forget(numbered(0));
  EXPECT_EQ(table_.find(numbered(0)), nullptr);
  EXPECT_EQ(table_.find("live"), live);
}

TEST_F(JobTableTest, a_job_of_the_history_shows_what_it_showed_and_publishes_nothing) {
  const auto before = add("01A", "ci", "build");
  config::Result result;
  result.outcome = config::Outcome::failed;
  before->record_end(result);
  before->mark_ended();
  const auto sequence = events_.last_sequence();
  const Job job(io_, chronicle_, before->snapshot(), Owner(), true);
  EXPECT_EQ(events_.last_sequence(), sequence);
  EXPECT_TRUE(job.over());
  EXPECT_TRUE(job.recalled());
  EXPECT_TRUE(job.begun());
  EXPECT_EQ(job.slice(), "ci");
  EXPECT_EQ(job.spec().name, "build");
  EXPECT_EQ(job.result().outcome, config::Outcome::failed);
  EXPECT_EQ(job.snapshot()->commands.front().argv, before->snapshot()->commands.front().argv);
}

TEST_F(JobTableTest, A2_a_key_finds_the_job_of_its_user_until_that_is_forgotten) {
  const auto add_keyed = [this](const std::string& id, uid_t owner) {
    JobRecord record;
    record.id = id;
    record.spec.commands.push_back({{"true"}, std::nullopt});
    record.owner.uid = owner;
    record.key = "key";
    auto job = std::make_shared<Job>(io_, chronicle_, std::move(record));
    table_.add(job);
    return job;
  };
  const auto job = add_keyed("01A", 1000);
  const auto other = add_keyed("01B", 1001);
  EXPECT_EQ(table_.find_keyed(1000, "key"), job->id());
  EXPECT_EQ(table_.find_keyed(1001, "key"), other->id());
  EXPECT_EQ(table_.find_keyed(0, "key"), "");
  EXPECT_EQ(table_.find_keyed(1000, "another"), "");
  end(job);
  EXPECT_EQ(table_.find_keyed(1000, "key"), job->id());
  table_.forget(job->id());
  EXPECT_EQ(table_.find_keyed(1000, "key"), "");
  EXPECT_EQ(table_.find_keyed(1001, "key"), other->id());
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
