#include "daemon/job_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/errors.h"

namespace coppice::daemon {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// As it is recorded.
json to_json(const JobRecord& record, Parts parts = {}) {
  api::Cbor written;
  write(record, parts, written);
  return json::from_cbor(written.bytes());
}

JobRecord sample() {
  JobRecord record;
  record.id = "01A";
  record.spec.commands = {{{"a", "\xff"}, std::nullopt}, {{"b"}, "c"}};
  record.spec.slice = "ci/build";
  record.spec.labels = {{"k", "v"}};
  record.spec.limits.wall_time = 5s;
  record.owner = {1000, 100, "eve"};
  record.identity = process::Credentials{1000, 100, {4, 24}};
  record.key = "key";
  record.box = 17;
  record.created_at = config::Time(1us);
  record.begun_at = config::Time(2us);
  record.state = config::State::stopping;
  record.started_at = config::Time(3us);
  record.end.stop = StopRequest{15, config::Whom::all, 10s, EndCause::lease_expired};
  record.end.stops = 2;
  record.end.kill = EndCause::kill;
  record.end.first = EndCause::stop;
  record.end.asked = true;
  record.attempt.number = 3;
  record.attempt.first_key = 18;
  record.attempt.executed_at = 123456789;
  record.attempt.main = {{4711, 99, 1}};
  record.attempt.grace_ends_at = 5;
  record.attempt.killed = true;
  record.attempt.exceeded = Exceeded{config::WatchedLimit::silence, 3s};
  record.attempt.stages = {{config::Stage::Kind::stopping, config::Time(9us)}};
  record.restart = RestartRecord{2s, 1, 77};
  record.limits = config::Limits();
  record.bond = BondRecord{config::Lifetime::Bound::lease, 30s, 8};
  return record;
}

TEST(JobRecord, all_of_it_comes_back) {
  const json written = to_json(sample());
  JobRecord read;
  put_parts(written, read);
  EXPECT_EQ(to_json(read), written);
  EXPECT_EQ(read.spec.commands[0].argv[1], "\xff");
  EXPECT_EQ(read.end.stop->cause, EndCause::lease_expired);
  EXPECT_EQ(read.identity->groups, (std::vector<gid_t>{4, 24}));
  EXPECT_EQ(read.attempt.main[0].identity, 99u);
}

TEST(JobRecord, a_part_takes_the_place_of_that_part_alone) {
  JobRecord changed = sample();
  changed.end = EndWish();
  changed.state = config::State::ended;
  changed.owner.name = "not written";
  JobRecord read = sample();
  put_parts(to_json(changed, {part::kEnd, part::kState}), read);
  EXPECT_FALSE(read.end.stop.has_value());
  EXPECT_EQ(read.end.stops, 0u);
  EXPECT_EQ(read.state, config::State::ended);
  EXPECT_EQ(read.owner.name, "eve");
  EXPECT_EQ(read.attempt.number, 3);
}

TEST(JobRecord, one_that_makes_no_sense_is_refused_by_name) {
  JobRecord read;
  json written = to_json(sample());
  written["state"] = "asleep";
  try {
    put_parts(written, read);
    FAIL() << "it was taken";
  } catch (const config::InvalidSpec& error) {
    EXPECT_NE(std::string(error.what()).find("state"), std::string::npos);
  }
}

TEST(JobRecord, its_picture_is_what_clients_see) {
  const config::Job job = picture(sample());
  EXPECT_EQ(job.id, "01A");
  EXPECT_EQ(job.slice, "ci/build");
  EXPECT_EQ(job.main_pids, std::vector<int>{4711});
  EXPECT_EQ(job.attempt, 3);
  EXPECT_FALSE(job.limits.has_value());  // what SetLimits said
}

}  // namespace
}  // namespace coppice::daemon
