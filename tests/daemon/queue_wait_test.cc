#include "daemon/queue_wait.h"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <optional>
#include <utility>

namespace coppice::daemon {
namespace {

// One job runs in a slice for one, another waits.
class QueueWaitTest : public testing::Test {
 protected:
  QueueWaitTest() {
    slices_.set_bound("ci", 1);
    running_.emplace(slices_.enter("ci", 0));
    waiting_.emplace(slices_.enter("ci", 0));
    JobRecord record;
    record.id = "01A";
    record.spec.commands.push_back({{"true"}, std::nullopt});
    record.state = config::State::queued;
    job_ = std::make_shared<Job>(io_, chronicle_, std::move(record));
    waiting_->notify(job_->wake());
    auto wait = await_place(job_, *waiting_);
    asio::co_spawn(io_, std::move(wait), [this](std::exception_ptr, bool goes_on) { goes_on_ = goes_on; });
    io_.poll();
  }

  config::EventKind last_event() { return events_.after(events_.last_sequence() - 1)->kind; }

  asio::io_context io_;
  EventHub events_{io_};
  Chronicle chronicle_{events_};
  SliceTable slices_;
  std::optional<SliceTable::Place> running_, waiting_;
  std::shared_ptr<Job> job_;
  std::optional<bool> goes_on_;
};

TEST_F(QueueWaitTest, a_job_waits_until_its_place_comes) {
  EXPECT_FALSE(goes_on_.has_value());
  EXPECT_EQ(last_event(), config::EventKind::queued);
  running_.reset();
  io_.poll();
  EXPECT_EQ(goes_on_, true);
  EXPECT_EQ(job_->state(), config::State::starting);
  EXPECT_EQ(last_event(), config::EventKind::started);
}

TEST_F(QueueWaitTest, a_stop_ends_the_wait) {
  job_->request_stop({});
  io_.poll();
  EXPECT_EQ(goes_on_, false);
  EXPECT_FALSE(job_->begun());
}

TEST_F(QueueWaitTest, K9_a_place_that_comes_with_the_kill_is_not_taken) {
  job_->request_kill(EndCause::kill);
  running_.reset();
  EXPECT_TRUE(waiting_->admitted());
  io_.poll();
  EXPECT_EQ(goes_on_, false);
  EXPECT_EQ(job_->state(), config::State::queued);
  EXPECT_EQ(last_event(), config::EventKind::queued);
}

TEST_F(QueueWaitTest, K9_nor_is_one_that_came_just_before_it) {
  running_.reset();
  job_->request_kill(EndCause::kill);
  io_.poll();
  EXPECT_EQ(goes_on_, false);
  EXPECT_FALSE(job_->begun());
}

}  // namespace
}  // namespace coppice::daemon
