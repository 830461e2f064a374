// What is said about jobs, to the service manager and to the journal.
#include <gtest/gtest.h>

#include "daemon/systemd/job_log.h"
#include "daemon/systemd/status_line.h"

namespace coppice::daemon {
namespace {

using config::EventKind;
using config::State;

config::Job job_42() {
  config::Job job;
  job.id = "42";
  job.owner = "alice";
  job.commands.resize(1);
  job.commands[0].argv = {"/usr/bin/make", "secret"};
  return job;
}

TEST(StatusLine, says_how_many_jobs_there_are_and_how_many_of_them_wait_or_end) {
  EXPECT_EQ(status_line({}), "no jobs");
  EXPECT_EQ(status_line({State::running}), "1 job");
  EXPECT_EQ(status_line({State::running, State::stopping, State::killing}), "3 jobs, 2 ending");
  EXPECT_EQ(status_line({State::queued, State::starting, State::frozen}), "3 jobs, 1 queued");
}

TEST(JobLine, a_start_names_the_program_and_not_its_arguments) {
  config::Job job = job_42();
  EXPECT_EQ(job_line(EventKind::ready, job), "job 42 of alice started: /usr/bin/make");
  job.name = "build";
  job.attempt = 3;
  EXPECT_EQ(job_line(EventKind::ready, job), "job 42 (build) of alice, attempt 3, started: /usr/bin/make");
}

TEST(JobLine, an_end_has_its_outcome) {
  config::Job job = job_42();
  job.result.emplace();
  job.result->outcome = config::Outcome::succeeded;
  job.result->exits.resize(1);
  job.result->exits[0].code = 0;
  EXPECT_EQ(job_line(EventKind::ended, job), "job 42 of alice ended: succeeded");
  job.result->outcome = config::Outcome::failed;
  job.result->exits[0].code = 3;
  EXPECT_EQ(job_line(EventKind::ended, job), "job 42 of alice ended: failed, exit status 3");
  job.result->outcome = config::Outcome::signaled;
  job.result->exits[0].code.reset();
  job.result->exits[0].signal = "SIGSEGV";
  job.result->detail = "why";
  EXPECT_EQ(job_line(EventKind::ended, job), "job 42 of alice ended: signaled, signal SIGSEGV (why)");
}

TEST(JobLine, nothing_is_said_of_what_is_neither) {
  for (const EventKind kind : {EventKind::queued, EventKind::started, EventKind::frozen, EventKind::thawed, EventKind::stopping,
                               EventKind::killing, EventKind::restarting})
    EXPECT_FALSE(job_line(kind, job_42()));
}

}  // namespace
}  // namespace coppice::daemon
