// Who looks at what happens to jobs: filters, resuming, and readers that are too slow.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

// What the daemon keeps for a reader that is behind.
constexpr int kKept = 16384;

class Subscribing : public WithDaemon {
 protected:
  varlink::Client subscribe(const json& parameters) {
    varlink::Client subscriber = daemon_->connect();
    subscriber.send("io.coppice.Jobs.Subscribe", parameters, varlink::Mode::more);
    return subscriber;
  }

  void run(const json& wanted) { wait(client(), start(client(), wanted)); }
};

json named(const std::string& name, const std::string& slice, const std::string& branch) {
  json wanted = spec({"true"});
  wanted["name"] = name;
  wanted["slice"] = slice;
  wanted["labels"] = {{"branch", branch}};
  return wanted;
}

json next_event(varlink::Client& subscriber) { return next_reply(subscriber).parameters(); }

// The names of the jobs of the next three events: one job's started, ready and ended.
std::string next_job(varlink::Client& subscriber) {
  std::string names;
  for (int event = 0; event < 3; ++event) names += next_event(subscriber)["job"]["name"].get<std::string>() + " ";
  return names;
}

TEST_F(Subscribing, a_slice_and_labels_say_which_jobs_are_of_interest) {
  auto by_slice = subscribe({{"slice", "ci"}, {"since", 0}});
  auto by_label = subscribe({{"labels", {{"branch", "main"}}}, {"since", 0}});
  auto by_both = subscribe({{"slice", "ci"}, {"labels", {{"branch", "main"}}}, {"since", 0}});
  run(named("a", "other", "main"));
  run(named("b", "ci", "topic"));
  run(named("c", "ci/deep", "main"));
  EXPECT_EQ(next_job(by_slice), "b b b ");
  EXPECT_EQ(next_job(by_slice), "c c c ");
  EXPECT_EQ(next_job(by_label), "a a a ");
  EXPECT_EQ(next_job(by_label), "c c c ");
  EXPECT_EQ(next_job(by_both), "c c c ");
}

TEST_F(Subscribing, O6_a_reader_that_is_too_slow_is_told_and_holds_nobody_up) {
  const json job = start(client(), spec({"sleep", "1000"}));
  // Reads nothing for the time being.
  auto slow = subscribe({{"since", 0}});
  auto other = daemon_->connect();
  for (int round = 0; round < kKept; ++round)
    call(other, round % 2 == 0 ? "Freeze" : "Thaw", {{"job", ref(job)}});
  kill(client(), job);
  // It goes on where it was, is told once that something is missing, and comes to the end.
  std::int64_t last = 0;
  int overruns = 0;
  for (bool ended = false; !ended;) {
    const json event = next_event(slow);
    const std::int64_t sequence = event["sequence"];
    if (event["event"] == "overrun") {
      ++overruns;
      EXPECT_GT(sequence, last + 1);
      last = sequence - 1;
      continue;
    }
    ASSERT_EQ(sequence, last + 1);
    last = sequence;
    ended = event["event"] == "ended";
  }
  EXPECT_LE(overruns, 1);
}

TEST_F(Subscribing, O6_who_resumes_too_late_is_told_that_something_is_missing) {
  const json job = start(client(), spec({"sleep", "1000"}));
  for (int round = 0; round < kKept; ++round)
    call(client(), round % 2 == 0 ? "Freeze" : "Thaw", {{"job", ref(job)}});
  auto late = subscribe({{"since", 1}});
  const json told = next_event(late);
  EXPECT_EQ(told["event"], "overrun");
  const json first = next_event(late);
  EXPECT_EQ(first["sequence"], told["sequence"]);
  EXPECT_NE(first["event"], "overrun");
  kill(client(), job);
}

TEST_F(Subscribing, a_number_of_an_earlier_daemon_is_told_as_missing_events) {
  auto subscriber = subscribe({{"since", 1'000'000}});
  // The daemon takes the subscription when it comes to it.
  std::optional<varlink::Reply> told;
  while (!told) {
    run(spec({"true"}));
    told = subscriber.receive_within(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(told->parameters()["event"], "overrun");
  const json first = next_event(subscriber);
  EXPECT_EQ(first["sequence"], told->parameters()["sequence"]);
}

}  // namespace
}  // namespace coppice::support
