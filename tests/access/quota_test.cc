// What one user may have, and what it is told beyond that. Root has no such bounds.
#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "tests/access/fixture.h"

namespace coppice::support {
namespace {

class Quota : public WithUsers {
 protected:
  varlink::Client user() const { return connect_as({}); }
  varlink::Client other() const { return connect_as({.uid = kBin, .gid = kBin}); }
};

TEST_F(Quota, A4_live_jobs_are_bounded_for_each_user_by_itself) {
  begin("[quotas]\nlive-jobs = 2\n");
  varlink::Client user = this->user(), other = this->other();
  const json first = hold(user);
  hold(user);
  EXPECT_EQ(start_bound(user), "live jobs of one user 2");
  hold(other);
  for (int i = 0; i < 3; ++i) hold(root());
  kill(user, first);
  hold(user);
  EXPECT_EQ(start_bound(user), "live jobs of one user 2");
}

TEST_F(Quota, A4_queued_jobs_are_bounded) {
  begin("[quotas]\nqueued-jobs = 2\n");
  call(root(), "SetSlice", {{"slice", "ci"}, {"maxJobs", 1}});
  varlink::Client user = this->user();
  const json in_ci = {{"slice", "ci"}};
  const json first = hold(user, in_ci);
  const json second = hold(user, in_ci);
  hold(user, in_ci);
  EXPECT_EQ(start_bound(user, in_ci), "queued jobs of one user 2");
  EXPECT_EQ(start_bound(user), "none");
  // The place that gets free makes one of them run.
  kill(user, first);
  EXPECT_TRUE(eventually([&] { return state_of(user, second) == "running"; }));
  hold(user, in_ci);
  EXPECT_EQ(start_bound(user, in_ci), "queued jobs of one user 2");
}

TEST_F(Quota, A4_queued_jobs_that_are_killed_make_room) {
  begin("[quotas]\nqueued-jobs = 1\n");
  call(root(), "SetSlice", {{"slice", "ci"}, {"maxJobs", 1}});
  varlink::Client user = this->user();
  const json in_ci = {{"slice", "ci"}};
  hold(user, in_ci);
  const json queued = hold(user, in_ci);
  EXPECT_EQ(start_bound(user, in_ci), "queued jobs of one user 1");
  kill(user, queued);
  hold(user, in_ci);
}

TEST_F(Quota, A4_slices_are_bounded) {
  begin("[quotas]\nslices = 2\n");
  varlink::Client user = this->user();
  hold(user, {{"slice", "a"}});
  hold(user, {{"slice", "a"}});
  const json job = hold(user, {{"slice", "b"}});
  EXPECT_EQ(start_bound(user, {{"slice", "c"}}), "slices of one user 2");
  kill(user, job);
  hold(user, {{"slice", "c"}});
}

TEST_F(Quota, A4_processes_are_bounded_by_the_kernel_for_all_jobs_of_the_user_together) {
  begin("[quotas]\nprocesses = 40\n");
  // The kernel counts all that a user runs, so this one runs nothing else.
  const auto nobody_else = static_cast<uid_t>(0x100000 + ::getpid());
  varlink::Client user = connect_as({.uid = nobody_else, .gid = nobody_else});
  const json thirty = shell("for i in $(seq 30); do sleep 1000 & done; echo forked; wait");
  const json first = start(user, thirty);
  EXPECT_TRUE(eventually([&] { return log_of(user, first) == "forked\n"; })) << log_of(user, first);
  const json second = start(user, thirty);
  EXPECT_TRUE(eventually([&] { return log_of(user, second).find("annot fork") != std::string::npos; })) << log_of(user, second);
  // Less may be asked for, more may not; root is another matter.
  const auto with = [](const json& limit) { return json{{"limits", {{"rlimits", {{"nproc", limit}}}}}}; };
  kill(user, second);
  kill(user, first);
  EXPECT_EQ(start_bound(user, with({{"soft", 30}, {"hard", 39}})), "none");
  EXPECT_EQ(start_bound(user, with({{"soft", 30}, {"hard", 41}})), "processes of one user 40");
  EXPECT_EQ(start_bound(root(), with({{"soft", 30}, {"hard", 41}})), "none");
}

TEST_F(Quota, A4_memory_that_is_shared_needs_a_limit_that_holds) {
  begin("[quotas]\nmemory = \"64M\"\n");
  varlink::Client user = this->user();
  const auto refused = [&](const json& more) {
    json wanted = spec({"true"});
    wanted.update(more);
    const Failure failed = failure(user, "Start", {{"spec", wanted}});
    return failed.name + " " + failed.parameters.value("field", "");
  };
  EXPECT_EQ(refused(json::object()), "InvalidSpec limits.memoryMax");
  EXPECT_EQ(refused({{"limits", {{"memoryMax", 1 << 20}}}, {"limitsRequired", false}}), "InvalidSpec limitsRequired");
  EXPECT_EQ(start_bound(root()), "none");
}

TEST_F(Quota, A4_connections_are_bounded_and_the_log_names_the_bound) {
  begin("[quotas]\nconnections = 2\n");
  varlink::Client first = user(), second = user();
  hold(first);
  hold(second);
  {
    varlink::Client third = user();
    EXPECT_ANY_THROW(call(third, "List", json::object()));
  }
  EXPECT_TRUE(logs("connection refused: more than 2 connections of user 65534"));
  varlink::Client another = other();
  hold(another);
}

TEST_F(Quota, A4_requests_in_flight_are_bounded) {
  begin("[quotas]\nrequests = 2\n");
  varlink::Client caller = user();
  const json job = hold(caller);
  std::optional<varlink::Client> first = user(), second = user();
  for (auto* subscriber : {&*first, &*second}) {
    subscriber->send("io.coppice.Jobs.Subscribe", {{"since", 0}}, varlink::Mode::more);
    // It is under way now.
    next_reply(*subscriber).throw_if_failed();
  }
  EXPECT_EQ(bound_hit(caller, "Processes", {{"job", job}}), "requests in flight of one user 2");
  EXPECT_EQ(bound_hit(root(), "Processes", {{"job", job}}), "none");
  first.reset();
  EXPECT_TRUE(eventually([&] { return bound_hit(caller, "Processes", {{"job", job}}) == "none"; }));
}

TEST_F(Quota, A4_messages_are_bounded_and_the_log_names_the_bound) {
  begin("[quotas]\nmessage-size = \"8K\"\n");
  varlink::Client user = this->user();
  EXPECT_EQ(start_bound(user, {{"environment", {{"A", std::string(1000, 'x')}}}}), "none");
  EXPECT_ANY_THROW(start_bound(user, {{"environment", {{"A", std::string(8192, 'x')}}}}));
  EXPECT_TRUE(logs("a message above 8192 bytes"));
  EXPECT_EQ(failure(root(), "Signal", {{"job", {{"id", std::string(10'000, 'x')}}}, {"signal", "SIGTERM"}}).name, "NoSuchJob");
}

TEST_F(Quota, A4_passed_descriptors_are_bounded_and_the_log_names_the_bound) {
  begin("[quotas]\ndescriptors = 3\n");
  varlink::Client user = this->user();
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> three(3, null.get()), four(4, null.get());
  json wanted = spec({"true"});
  EXPECT_EQ(failure(user, "Start", {{"spec", wanted}}, three).name, "");
  EXPECT_ANY_THROW(failure(user, "Start", {{"spec", wanted}}, four));
  EXPECT_TRUE(logs("more than 3 descriptors of user 65534"));
}

TEST_F(Quota, A4_one_user_may_have_more_and_a_reload_changes_it) {
  begin("[quotas]\nlive-jobs = 1\n[quotas.user.bin]\nlive-jobs = 2\n");
  varlink::Client user = this->user(), other = this->other();
  hold(user);
  hold(other);
  hold(other);
  EXPECT_EQ(start_bound(user), "live jobs of one user 1");
  EXPECT_EQ(start_bound(other), "live jobs of one user 2");
  reload("[quotas]\nlive-jobs = 3\n");
  hold(user);
  hold(other);
  EXPECT_EQ(start_bound(other), "live jobs of one user 3");
  // Who has more than a new bound keeps it.
  reload("[quotas]\nlive-jobs = 0\n");
  EXPECT_EQ(start_bound(other), "live jobs of one user 0");
  EXPECT_EQ(call(other, "ListSlices", {{"slice", ""}}).at("slice").at("live"), 5);
}

TEST_F(Quota, A4_jobs_that_were_taken_over_count) {
  begin("[quotas]\nlive-jobs = 1\n");
  {
    varlink::Client user = this->user();
    hold(user);
  }
  ASSERT_TRUE(daemon_->kill_supervisor());
  daemon_->await_supervisor();
  varlink::Client user = this->user();
  EXPECT_EQ(start_bound(user), "live jobs of one user 1");
}

}  // namespace
}  // namespace coppice::support
