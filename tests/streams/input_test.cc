// Standard input of kind data: inputData and WriteInput.
#include <fcntl.h>
#include <sys/ioctl.h>

#include <memory>

#include "ipc/api/escape.h"
#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

constexpr std::size_t kMebibyte = 1 << 20;

class Input : public Streams {
 protected:
  static json fed(json wanted) {
    wanted["input"] = stream("data");
    return wanted;
  }

  json start_fed(const std::vector<std::string>& argv) { return start(client(), fed(spec(argv))); }

  bool write(varlink::Client& writer, const json& job, std::string_view data, bool close = false) {
    return call(writer, "WriteInput", input_call(job, data, close)).at("taken");
  }

  // The first writer, with more than the pipe of a job that does not read can take.
  void fill(varlink::Client& writer, const json& job, std::string_view data) {
    writer.send("io.coppice.Jobs.WriteInput", input_call(job, data));
    ASSERT_TRUE(eventually([&] { return waiting_in(job) > 0; }));
  }

  // Sends a small call without waiting for the answer, and returns when the daemon has seen it. A big one takes the
  // daemon several turns to read.
  void send(varlink::Client& writer, const json& job, std::string_view data, bool close = false) {
    writer.send("io.coppice.Jobs.WriteInput", input_call(job, data, close));
    // What came to its sockets earlier the daemon has read by then.
    state_of(client(), job);
  }

  bool taken(varlink::Client& writer) {
    const varlink::Reply reply = next_reply(writer);
    reply.throw_if_failed();
    return reply.parameters().at("taken");
  }

  // Bytes in the pipe that is the job's standard input.
  static std::size_t waiting_in(const json& job) {
    const std::string path = "/proc/" + std::to_string(main_pid(job)) + "/fd/0";
    const UniqueFd pipe(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    int count = 0;
    return ::ioctl(pipe.get(), FIONREAD, &count) == 0 ? static_cast<std::size_t>(count) : 0;
  }

  void freeze(const json& job) { call(client(), "Freeze", {{"job", ref(job)}}); }
  void thaw(const json& job) { call(client(), "Thaw", {{"job", ref(job)}}); }
};

TEST_F(Input, what_is_written_arrives_behind_the_data_of_the_request) {
  json wanted = fed(spec({"cat"}));
  wanted["inputData"] = api::base64_encode("first ");
  const json job = start(client(), wanted);
  EXPECT_TRUE(write(client(), job, "second "));
  EXPECT_TRUE(write(client(), job, "third", true));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "first second third");
}

TEST_F(Input, O2_megabytes_arrive_byte_for_byte) {
  const std::string data = pattern_of(9 * kMebibyte + 1);
  const json job = start_fed({"cat"});
  EXPECT_TRUE(write(client(), job, data));
  EXPECT_TRUE(write(client(), job, data, true));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_TRUE(log_of(client(), job) == data + data);
}

TEST_F(Input, the_first_of_a_pipeline_reads_it) {
  json wanted = {{"commands", {{{"argv", {"cat"}}}, {{"argv", {"wc", "-c"}}}}}};
  const json job = start(client(), fed(wanted));
  EXPECT_TRUE(write(client(), job, std::string(3 * kMebibyte, 'x'), true));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "3145728\n");
}

TEST_F(Input, calls_of_several_connections_are_carried_out_as_they_come) {
  const json job = start_fed({"cat"});
  freeze(job);
  auto first = connect();
  auto second = connect();
  auto third = connect();
  fill(first, job, std::string(kMebibyte, 'a'));
  send(second, job, "b");
  send(third, job, std::string(kMebibyte, 'c'), true);
  thaw(job);
  EXPECT_TRUE(taken(first));
  EXPECT_TRUE(taken(second));
  EXPECT_TRUE(taken(third));
  wait(client(), job);
  EXPECT_TRUE(log_of(client(), job) == std::string(kMebibyte, 'a') + "b" + std::string(kMebibyte, 'c'));
}

TEST_F(Input, O3_a_job_that_never_reads_holds_back_its_writer_alone) {
  const json job = start_fed({"sleep", "1000"});
  auto writer = connect();
  fill(writer, job, std::string(8 * kMebibyte, 'x'));
  // Others are served: the daemon, another job, the same job.
  const json other = start_fed({"cat"});
  EXPECT_TRUE(write(client(), other, "y", true));
  EXPECT_EQ(wait(client(), other)["outcome"], "succeeded");
  EXPECT_EQ(state_of(client(), job), "running");
  EXPECT_FALSE(writer.receive_within(std::chrono::milliseconds(0)).has_value());
  kill(client(), job);
  // Whoever waits is told.
  EXPECT_FALSE(taken(writer));
}

TEST_F(Input, O3_a_job_that_exits_early_is_no_error) {
  const json job = start_fed({"head", "-c", "10"});
  EXPECT_FALSE(write(client(), job, std::string(4 * kMebibyte, 'x')));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "xxxxxxxxxx");
  // Later calls are answered in the same way.
  EXPECT_FALSE(write(client(), job, "x"));
  EXPECT_FALSE(write(client(), job, "", true));
}

TEST_F(Input, O3_a_job_that_closes_its_input_is_no_error) {
  const json job = start(client(), fed(shell("exec <&-; sleep 1000")));
  EXPECT_FALSE(write(client(), job, std::string(kMebibyte, 'x')));
  EXPECT_EQ(state_of(client(), job), "running");
  kill(client(), job);
}

TEST_F(Input, a_writer_that_leaves_ends_its_own_call_alone) {
  const json job = start_fed({"cat"});
  freeze(job);
  std::optional<varlink::Client> leaver(connect());
  leaver->send("io.coppice.Jobs.WriteInput", input_call(job, std::string(kMebibyte, 'a'), true));
  ASSERT_TRUE(eventually([&] { return waiting_in(job) > 0; }));
  const std::size_t in_the_pipe = waiting_in(job);
  leaver.reset();
  auto stayer = connect();
  send(stayer, job, "z", true);
  thaw(job);
  EXPECT_TRUE(taken(stayer));
  wait(client(), job);
  const std::string got = log_of(client(), job);
  // What the pipe had taken stayed; the rest of it, and its `close`, did not come.
  EXPECT_GE(got.size(), in_the_pipe + 1);
  EXPECT_LT(got.size(), kMebibyte);
  EXPECT_EQ(got, std::string(got.size() - 1, 'a') + "z");
}

TEST_F(Input, A4_writers_that_wait_are_bounded_and_the_refusal_names_the_bound) {
  constexpr std::size_t kMost = 64;
  const json job = start_fed({"sleep", "1000"});
  std::vector<varlink::Client> writers;
  writers.push_back(connect());
  fill(writers.back(), job, std::string(kMebibyte, 'x'));
  while (writers.size() < kMost) {
    writers.push_back(connect());
    send(writers.back(), job, "x");
  }
  // Calls of many connections arrive in any order, so it need not be the last one that is refused.
  std::optional<varlink::Reply> refusal;
  while (!refusal && writers.size() < 2 * kMost) {
    varlink::Client further = connect();
    send(further, job, "x");
    refusal = further.receive_within(std::chrono::milliseconds(200));
    if (!refusal) writers.push_back(std::move(further));
  }
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->error(), "io.coppice.Jobs.Exhausted");
  EXPECT_EQ(refusal->parameters()["limit"], kMost);
  EXPECT_NE(refusal->parameters()["resource"].get<std::string>().find("WriteInput"), std::string::npos);
  kill(client(), job);
  std::size_t waited = 0;
  for (auto& writer : writers) {
    const varlink::Reply reply = next_reply(writer);
    if (reply.failed()) continue;
    EXPECT_EQ(reply.parameters()["taken"], false);
    ++waited;
  }
  EXPECT_EQ(waited, kMost);
}

TEST_F(Input, a_closed_input_stays_closed) {
  const json job = start(client(), fed(shell("cat; sleep 1000")));
  EXPECT_TRUE(write(client(), job, "", true));
  const Failure refusal = failure(client(), "WriteInput", input_call(job, "x"));
  EXPECT_EQ(refusal.name, "WrongState");
  EXPECT_EQ(refusal.parameters["reason"], "its input has been closed");
  kill(client(), job);
}

TEST_F(Input, a_job_without_such_an_input_refuses_with_the_remedy) {
  const json job = start(client(), spec({"sleep", "1000"}));
  const Failure refusal = failure(client(), "WriteInput", input_call(job, "x"));
  EXPECT_EQ(refusal.name, "WrongState");
  EXPECT_NE(refusal.parameters["reason"].get<std::string>().find("kind data"), std::string::npos);
  kill(client(), job);
}

TEST_F(Input, what_is_no_base64_is_refused_by_name) {
  const json job = start_fed({"cat"});
  const Failure refusal = failure(client(), "WriteInput", {{"job", ref(job)}, {"data", "!"}});
  EXPECT_EQ(refusal.name, "InvalidSpec");
  EXPECT_EQ(refusal.parameters["field"], "data");
  kill(client(), job);
}

TEST_F(Input, O4_the_jobs_end_blocks_although_ours_does_not) {
  const json job = start_fed({"sleep", "1000"});
  EXPECT_EQ(flags_of(main_pid(job), 0) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
  kill(client(), job);
}

TEST_F(Input, nothing_of_it_is_kept_when_the_job_is_over) {
  kill(client(), start_fed({"sleep", "1000"}));
  const std::size_t before = descriptors_of(supervisor());
  for (int i = 0; i < 20; ++i) {
    const json job = start_fed({"sleep", "1000"});
    auto writer = connect();
    fill(writer, job, std::string(kMebibyte, 'x'));
    kill(client(), job);
  }
  EXPECT_TRUE(eventually([&] { return descriptors_of(supervisor()) <= before; }));
}

TEST_F(Input, data_of_the_request_alone_is_read_to_its_end) {
  json wanted = spec({"cat"});
  wanted["inputData"] = api::base64_encode("all");
  const json job = start(client(), wanted);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "all");
  EXPECT_EQ(failure(client(), "WriteInput", input_call(job, "x")).name, "WrongState");
}

}  // namespace
}  // namespace coppice::support
