#include "daemon/restarts.h"

#include <gtest/gtest.h>

#include <vector>

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
using config::Outcome;
using config::Restart;
using Policy = Restart::Policy;

Restart policy(Policy kind) {
  Restart restart;
  restart.policy = kind;
  return restart;
}

// The delays after so many attempts that failed at once.
std::vector<config::Milliseconds> delays(const Restart& policy, int attempts) {
  Restarts restarts(policy);
  std::vector<config::Milliseconds> delays;
  for (int i = 0; i < attempts; ++i)
    if (const auto delay = restarts.next(Outcome::failed, 0ms)) delays.push_back(*delay);
  return delays;
}

TEST(Restarts, the_policy_decides_by_the_outcome) {
  for (const Outcome outcome : {Outcome::failed, Outcome::signaled, Outcome::timed_out, Outcome::start_failed,
                                Outcome::out_of_memory, Outcome::lost})
    EXPECT_TRUE(Restarts(policy(Policy::on_failure)).next(outcome, 0ms));
  EXPECT_FALSE(Restarts(policy(Policy::on_failure)).next(Outcome::succeeded, 0ms));
  EXPECT_TRUE(Restarts(policy(Policy::always)).next(Outcome::succeeded, 0ms));
  EXPECT_FALSE(Restarts(policy(Policy::never)).next(Outcome::failed, 0ms));
  EXPECT_FALSE(Restarts::wanted(policy(Policy::never)));
  EXPECT_FALSE(Restarts::wanted(std::nullopt));
  EXPECT_TRUE(Restarts::wanted(policy(Policy::always)));
}

TEST(Restarts, delays_double_up_to_the_longest) {
  Restart restart = policy(Policy::always);
  restart.delay = 100ms;
  restart.max_delay = 500ms;
  EXPECT_EQ(delays(restart, 5), (std::vector<config::Milliseconds>{100ms, 200ms, 400ms, 500ms, 500ms}));
}

TEST(Restarts, what_is_left_out_is_a_second_that_doubles_up_to_a_minute) {
  EXPECT_EQ(delays(policy(Policy::always), 8),
            (std::vector<config::Milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}));
}

TEST(Restarts, no_delay_is_too_short) {
  Restart restart = policy(Policy::always);
  restart.delay = 0ms;
  EXPECT_EQ(delays(restart, 2), (std::vector<config::Milliseconds>{10ms, 20ms}));
  restart.max_delay = 0ms;
  EXPECT_EQ(delays(restart, 2), (std::vector<config::Milliseconds>{10ms, 10ms}));
}

TEST(Restarts, a_delay_above_the_usual_longest_holds) {
  Restart restart = policy(Policy::always);
  restart.delay = 5min;
  EXPECT_EQ(delays(restart, 2), (std::vector<config::Milliseconds>{5min, 5min}));
}

TEST(Restarts, attempts_are_bounded) {
  Restart restart = policy(Policy::on_failure);
  restart.max_attempts = 3;
  EXPECT_EQ(delays(restart, 5).size(), 2u);
  restart.max_attempts = 1;
  EXPECT_TRUE(delays(restart, 1).empty());
}

TEST(Restarts, a_healthy_attempt_begins_a_new_row) {
  Restart restart = policy(Policy::on_failure);
  restart.delay = 100ms;
  restart.max_attempts = 3;
  restart.reset_after = 10s;
  Restarts restarts(restart);
  EXPECT_EQ(restarts.next(Outcome::failed, 1s), 100ms);
  EXPECT_EQ(restarts.next(Outcome::failed, 9s), 200ms);
  EXPECT_EQ(restarts.next(Outcome::failed, 10s), 100ms);
  EXPECT_EQ(restarts.next(Outcome::failed, 1s), 200ms);
  EXPECT_FALSE(restarts.next(Outcome::failed, 1s));
}

}  // namespace
}  // namespace coppice::daemon
