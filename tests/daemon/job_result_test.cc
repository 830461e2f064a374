#include "daemon/job_result.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

namespace coppice::daemon {
namespace {

using config::Outcome;

constexpr int exited(int code) { return W_EXITCODE(code, 0); }

Ending with_status(int status) {
  Ending ending;
  ending.statuses = {status};
  return ending;
}

TEST(JobResult, a_natural_end_is_told_by_the_exit_status) {
  EXPECT_EQ(outcome(with_status(exited(0))), Outcome::succeeded);
  EXPECT_EQ(outcome(with_status(exited(3))), Outcome::failed);
  EXPECT_EQ(outcome(with_status(SIGSEGV)), Outcome::signaled);
  EXPECT_FALSE(detail(with_status(exited(3))));
}

TEST(JobResult, X5_a_signal_stays_a_signal) {
  const auto status = exit_status(SIGTERM);
  EXPECT_EQ(status.signal, "SIGTERM");
  EXPECT_FALSE(status.code);
  EXPECT_EQ(status.core_dumped, false);
}

TEST(JobResult, X1_a_core_dump_is_told) {
  EXPECT_EQ(exit_status(SIGABRT | WCOREFLAG).core_dumped, true);
  EXPECT_EQ(exit_status(exited(128 + 9)).code, 137);
}

Outcome of_pipeline(std::vector<std::optional<int>> statuses) {
  Ending ending;
  ending.statuses = std::move(statuses);
  return outcome(ending);
}

TEST(JobResult, X4_a_pipeline_ends_as_its_rightmost_failure) {
  EXPECT_EQ(of_pipeline({exited(0), exited(0)}), Outcome::succeeded);
  EXPECT_EQ(of_pipeline({exited(1), exited(0)}), Outcome::failed);
  EXPECT_EQ(of_pipeline({exited(1), SIGSEGV, exited(0)}), Outcome::signaled);
  EXPECT_EQ(of_pipeline({SIGSEGV, exited(1), exited(0)}), Outcome::failed);
}

TEST(JobResult, X4_a_sigpipe_death_is_a_failure_of_the_last_command_alone) {
  EXPECT_EQ(of_pipeline({SIGPIPE, exited(0)}), Outcome::succeeded);
  EXPECT_EQ(of_pipeline({exited(1), SIGPIPE, exited(0)}), Outcome::failed);
  EXPECT_EQ(of_pipeline({exited(0), SIGPIPE}), Outcome::signaled);
}

TEST(JobResult, X4_a_command_that_is_not_known_of_makes_no_success) {
  EXPECT_EQ(of_pipeline({std::nullopt, exited(0)}), Outcome::lost);
}

TEST(JobResult, K5_a_kill_that_ended_one_command_of_a_pipeline_is_a_kill) {
  Ending ending;
  ending.statuses = {SIGKILL, exited(0)};
  ending.cause = EndCause::kill;
  ending.killed = true;
  EXPECT_EQ(outcome(ending), Outcome::killed);
}

TEST(JobResult, K5_a_kill_that_comes_too_late_reports_the_natural_exit) {
  Ending ending = with_status(exited(7));
  ending.cause = EndCause::kill;
  ending.killed = true;
  EXPECT_EQ(outcome(ending), Outcome::failed);
  ending.statuses = {SIGKILL};
  EXPECT_EQ(outcome(ending), Outcome::killed);
}

TEST(JobResult, a_stop_that_arrived_is_stopped_whatever_the_status) {
  Ending ending = with_status(exited(0));
  ending.cause = EndCause::stop;
  ending.stop_delivered = true;
  EXPECT_EQ(outcome(ending), Outcome::stopped);
  ending.statuses = {SIGKILL};
  ending.killed = true;
  ending.grace_over = true;
  EXPECT_EQ(outcome(ending), Outcome::stopped);
  EXPECT_EQ(detail(ending), "killed after the grace period");
}

TEST(JobResult, the_cause_of_an_end_that_nobody_asked_for_by_name_is_in_the_detail) {
  Ending ending = with_status(SIGTERM);
  ending.stop_delivered = true;
  ending.cause = EndCause::connection_closed;
  EXPECT_EQ(detail(ending), "the connection that it was bound to closed");
  ending.cause = EndCause::shutdown;
  EXPECT_EQ(detail(ending), "the daemon was told to end");
}

// Of a job whose command `status` ended after the cause had asked for it.
Ending asked_by(EndCause cause, int status) {
  Ending ending = with_status(status);
  ending.cause = cause;
  ending.stop_delivered = true;
  return ending;
}

TEST(JobResult, a_bond_that_breaks_stops_the_job_and_is_named) {
  const Ending process = asked_by(EndCause::process_ended, SIGTERM);
  EXPECT_EQ(outcome(process), Outcome::stopped);
  EXPECT_EQ(detail(process), "the process that it was bound to has ended");
  Ending lease = asked_by(EndCause::lease_expired, exited(0));
  lease.ttl = config::Milliseconds(30'000);
  EXPECT_EQ(outcome(lease), Outcome::lease_expired);
  EXPECT_EQ(detail(lease), "its lease was not renewed for 30 s");
  lease.grace_over = true;
  EXPECT_EQ(detail(lease), "its lease was not renewed for 30 s; killed after the grace period");
}

TEST(JobResult, a_limit_that_is_exceeded_is_named_with_its_bound) {
  using config::WatchedLimit;
  const auto words = [](WatchedLimit limit) {
    Ending ending = asked_by(EndCause::limit_exceeded, exited(0));
    ending.exceeded = Exceeded{limit, config::Milliseconds(2000)};
    EXPECT_EQ(outcome(ending), Outcome::timed_out);
    return detail(ending);
  };
  EXPECT_EQ(words(WatchedLimit::wall_time), "ran longer than 2 s");
  EXPECT_EQ(words(WatchedLimit::silence), "wrote nothing for 2 s");
  EXPECT_EQ(words(WatchedLimit::cpu_time), "used more than 2 s of CPU time");
}

TEST(JobResult, K5_a_limit_or_a_bond_that_comes_too_late_reports_the_natural_exit) {
  for (const EndCause cause : {EndCause::limit_exceeded, EndCause::lease_expired, EndCause::process_ended,
                               EndCause::connection_closed}) {
    Ending ending = with_status(exited(7));
    ending.cause = cause;
    ending.exceeded = Exceeded{};
    EXPECT_EQ(outcome(ending), Outcome::failed);
    EXPECT_FALSE(detail(ending));
  }
}

TEST(JobResult, a_limit_or_a_lease_ends_a_job_that_waits_for_its_leftovers) {
  Ending ending = with_status(exited(0));
  ending.leftovers_stopped = true;
  ending.exceeded = Exceeded{};
  ending.cause = EndCause::limit_exceeded;
  EXPECT_EQ(outcome(ending), Outcome::timed_out);
  ending.cause = EndCause::lease_expired;
  EXPECT_EQ(outcome(ending), Outcome::lease_expired);
  ending.cause = EndCause::stop;
  EXPECT_EQ(outcome(ending), Outcome::succeeded);
}

TEST(JobResult, a_kill_after_a_limit_leaves_the_limit_as_the_reason) {
  Ending ending = with_status(SIGKILL);
  ending.cause = EndCause::limit_exceeded;
  ending.exceeded = Exceeded{};
  ending.killed = true;
  EXPECT_EQ(outcome(ending), Outcome::timed_out);
}

TEST(JobResult, S5_a_failed_start_is_no_exit_status) {
  Ending ending;
  ending.start_failure = "exec \"/nope\": no such file or directory";
  EXPECT_EQ(outcome(ending), Outcome::start_failed);
  EXPECT_EQ(detail(ending), ending.start_failure);
}

TEST(JobResult, the_kernels_out_of_memory_killer_is_named) {
  Ending ending = with_status(SIGKILL);
  ending.out_of_memory_kills = 1;
  EXPECT_EQ(outcome(ending), Outcome::out_of_memory);
}

TEST(JobResult, leftovers_that_ran_out_of_memory_make_no_success_of_the_command_before_them) {
  Ending ending = with_status(exited(0));
  ending.out_of_memory_kills = 3;
  ending.killed_for_memory = true;
  EXPECT_EQ(outcome(ending), Outcome::out_of_memory);
}

TEST(JobResult, a_job_that_goes_on_without_some_of_its_processes_ends_as_its_command_does_and_tells_of_them) {
  Ending ending = with_status(exited(1));
  ending.out_of_memory_kills = 2;
  EXPECT_EQ(outcome(ending), Outcome::failed);
  EXPECT_EQ(detail(ending), "memory ran out while it ran, and the kernel killed 2 of its processes");
}

TEST(JobResult, a_kill_that_was_asked_for_is_not_laid_to_the_memory) {
  Ending ending = with_status(SIGKILL);
  ending.cause = EndCause::kill;
  ending.killed = true;
  ending.out_of_memory_kills = 1;
  EXPECT_EQ(outcome(ending), Outcome::killed);
}

TEST(JobResult, what_is_not_known_is_lost_and_no_made_up_zero) {
  EXPECT_EQ(outcome(Ending{}), Outcome::lost);
}

}  // namespace
}  // namespace coppice::daemon
