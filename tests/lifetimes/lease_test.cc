// Jobs that live as long as somebody renews their lease.
#include "tests/lifetimes/fixture.h"

namespace coppice::support {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Lease : public WithDaemon {};

json leased(json wanted, std::int64_t ttl) {
  wanted["lifetime"] = {{"bound", "lease"}, {"ttl", ttl}};
  return wanted;
}

TEST_F(Lease, a_lease_that_is_not_renewed_ends_the_job) {
  const json job = start(client(), leased(spec({"sleep", "1000"}), 300));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "lease_expired");
  EXPECT_EQ(result["detail"], "its lease was not renewed for 300 ms");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGTERM");
  EXPECT_GE(result["endedAt"].get<std::int64_t>() - result["startedAt"].get<std::int64_t>(), 300'000);
}

TEST_F(Lease, a_lease_that_is_renewed_goes_on_and_ends_when_that_stops) {
  const json job = start(client(), leased(spec({"sleep", "1000"}), 2500));
  std::int64_t last = job_now(job)["expiresAt"];
  for (const auto until = Clock::now() + 6s; Clock::now() < until; let_pass(100ms)) {
    const std::int64_t next = call(client(), "Renew", {{"job", ref(job)}})["expiresAt"];
    EXPECT_GT(next, last);
    last = next;
  }
  const json running = job_now(job);
  EXPECT_EQ(running["state"], "running");
  EXPECT_EQ(running["expiresAt"], last);
  EXPECT_EQ(wait(client(), job)["outcome"], "lease_expired");
  EXPECT_FALSE(job_now(job).contains("expiresAt"));
}

TEST_F(Lease, a_lease_ends_the_job_by_its_own_stop_policy) {
  json wanted = leased(shell(kDeaf), 300);
  wanted["stopping"] = {{"grace", 200}};
  const json result = wait(client(), start(client(), wanted));
  EXPECT_EQ(result["outcome"], "lease_expired");
  EXPECT_EQ(result["detail"], "its lease was not renewed for 300 ms; killed after the grace period");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGKILL");
}

TEST_F(Lease, a_lease_that_has_run_out_is_not_renewed) {
  json wanted = leased(shell(kDeaf), 300);
  wanted["stopping"] = {{"grace", 3'600'000}};
  const json job = start(client(), wanted);
  ASSERT_TRUE(comes_to(job, "stopping"));
  const Failure refused = failure(client(), "Renew", {{"job", ref(job)}});
  EXPECT_EQ(refused.name, "WrongState");
  EXPECT_EQ(refused.parameters["reason"], "its lease has run out");
  kill(client(), job);
}

TEST_F(Lease, what_has_no_lease_is_not_renewed) {
  const json job = start(client(), spec({"sleep", "1000"}));
  const Failure refused = failure(client(), "Renew", {{"job", ref(job)}});
  EXPECT_EQ(refused.name, "WrongState");
  EXPECT_EQ(refused.parameters["state"], "running");
  kill(client(), job);
  EXPECT_EQ(failure(client(), "Renew", {{"job", {{"name", "nobody"}}}}).name, "NoSuchJob");
}

TEST_F(Lease, a_job_that_has_ended_is_not_renewed) {
  const json job = start(client(), leased(spec({"true"}), 60'000));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  const Failure refused = failure(client(), "Renew", {{"job", ref(job)}});
  EXPECT_EQ(refused.name, "WrongState");
  EXPECT_EQ(refused.parameters["state"], "ended");
}

TEST_F(Lease, a_job_that_is_queued_ends_with_its_lease_and_is_not_started) {
  call(client(), "SetSlice", {{"slice", "one"}, {"maxJobs", 1}});
  json wanted = spec({"sleep", "1000"});
  wanted["slice"] = "one";
  const json running = start(client(), wanted);
  const json queued = start(client(), leased(wanted, 300));
  EXPECT_EQ(queued["state"], "queued");
  EXPECT_TRUE(queued.contains("expiresAt"));
  const json result = wait(client(), queued);
  EXPECT_EQ(result["outcome"], "lease_expired");
  EXPECT_EQ(result["detail"], "its lease was not renewed for 300 ms; it had not started");
  kill(client(), running);
}

TEST_F(Lease, leftovers_that_are_waited_for_end_with_the_lease) {
  json wanted = leased(shell("setsid sleep 1000 & exit 0"), 500);
  wanted["stopping"] = {{"leftovers", "wait"}};
  const json result = wait(client(), start(client(), wanted));
  EXPECT_EQ(result["outcome"], "lease_expired");
  EXPECT_EQ(result["exits"][0]["code"], 0);
}

}  // namespace
}  // namespace coppice::support
