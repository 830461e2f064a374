// Streams of a job that waits in the queue of its slice.
#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

class Queued : public Streams {
 protected:
  void SetUp() override {
    Streams::SetUp();
    if (IsSkipped()) return;
    call(client(), "SetSlice", {{"slice", "narrow"}, {"maxJobs", 1}});
    first_ = start(client(), in_slice(spec({"sleep", "1000"})));
  }

  static json in_slice(json wanted) {
    wanted["slice"] = "narrow";
    return wanted;
  }

  json first_;
};

TEST_F(Queued, its_pipes_are_handed_back_at_once_and_serve_when_it_runs) {
  json wanted = in_slice(spec({"cat"}));
  wanted["input"] = wanted["output"] = stream("pipe");
  Started started = start_with_ends(client(), wanted);
  EXPECT_EQ(started.job["state"], "queued");
  write_all(started.ends.input.get(), "early");
  started.ends.input.reset();
  kill(client(), first_);
  EXPECT_EQ(read_all(started.ends.output.get()), "early");
  EXPECT_EQ(wait(client(), started.job)["outcome"], "succeeded");
}

TEST_F(Queued, its_pipes_end_when_it_never_runs) {
  json wanted = in_slice(spec({"cat"}));
  wanted["output"] = stream("pipe");
  const Started started = start_with_ends(client(), wanted);
  kill(client(), started.job);
  EXPECT_EQ(read_all(started.ends.output.get()), "");
  kill(client(), first_);
}

TEST_F(Queued, who_writes_to_it_waits_until_it_runs) {
  json wanted = in_slice(spec({"cat"}));
  wanted["input"] = stream("data");
  wanted["inputData"] = "Zmlyc3Qg";
  const json job = start(client(), wanted);
  auto writer = connect();
  writer.send("io.coppice.Jobs.WriteInput", input_call(job, "second", true));
  EXPECT_EQ(state_of(client(), job), "queued");
  EXPECT_FALSE(writer.receive_within(std::chrono::milliseconds(0)).has_value());
  kill(client(), first_);
  EXPECT_EQ(next_reply(writer).parameters().at("taken"), true);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "first second");
}

TEST_F(Queued, O3_who_writes_to_it_is_answered_when_it_never_runs) {
  json wanted = in_slice(spec({"cat"}));
  wanted["input"] = stream("data");
  const json job = start(client(), wanted);
  auto writer = connect();
  writer.send("io.coppice.Jobs.WriteInput", input_call(job, "x"));
  state_of(client(), job);
  kill(client(), job);
  EXPECT_EQ(next_reply(writer).parameters().at("taken"), false);
  kill(client(), first_);
}

}  // namespace
}  // namespace coppice::support
