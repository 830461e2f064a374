// Streams of kind pipe: one end for the job, the other for who started it.
#include <fcntl.h>

#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

class Pipes : public Streams {
 protected:
  static json with_pipes(json wanted) {
    for (const char* name : {"input", "output", "error"}) wanted[name] = stream("pipe");
    return wanted;
  }
};

TEST_F(Pipes, the_ends_carry_input_and_output) {
  json wanted = spec({"cat"});
  wanted["input"] = wanted["output"] = stream("pipe");
  Started started = start_with_ends(client(), wanted);
  EXPECT_FALSE(started.ends.error);
  write_all(started.ends.input.get(), "to and fro");
  started.ends.input.reset();
  EXPECT_EQ(read_all(started.ends.output.get()), "to and fro");
  EXPECT_EQ(wait(client(), started.job)["outcome"], "succeeded");
}

TEST_F(Pipes, O4_every_end_is_blocking_and_the_clients_are_close_on_exec) {
  const Started started = start_with_ends(client(), with_pipes(spec({"sleep", "1000"})));
  const std::pair<const UniqueFd*, int> ends[] = {{&started.ends.input, O_WRONLY},
                                                  {&started.ends.output, O_RDONLY},
                                                  {&started.ends.error, O_RDONLY}};
  for (const auto& [end, mode] : ends) {
    ASSERT_TRUE(*end);
    EXPECT_EQ(::fcntl(end->get(), F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND), mode);
    EXPECT_EQ(::fcntl(end->get(), F_GETFD), FD_CLOEXEC);
  }
  for (int fd = 0; fd < 3; ++fd) EXPECT_EQ(flags_of(main_pid(started.job), fd) & O_NONBLOCK, 0) << fd;
  kill(client(), started.job);
}

TEST_F(Pipes, nothing_of_a_pipe_is_kept_in_the_daemon) {
  json plain = spec({"sleep", "1000"});
  plain["output"] = stream("null");
  kill(client(), start(client(), plain));
  const json other = start(client(), plain);
  const std::size_t without = descriptors_of(supervisor());
  kill(client(), other);
  Started started = start_with_ends(client(), with_pipes(spec({"sleep", "1000"})));
  // What the start itself needed is given back a little later.
  EXPECT_TRUE(eventually([&] { return descriptors_of(supervisor()) <= without; }));
  kill(client(), started.job);
  // No other process has the job's ends, or these would not end.
  EXPECT_EQ(read_all(started.ends.output.get()), "");
  EXPECT_EQ(read_all(started.ends.error.get()), "");
}

TEST_F(Pipes, the_clients_end_of_the_input_is_the_only_one) {
  json wanted = spec({"cat"});
  wanted["input"] = stream("pipe");
  Started started = start_with_ends(client(), wanted);
  started.ends.input.reset();
  EXPECT_EQ(wait(client(), started.job)["outcome"], "succeeded");
}

TEST_F(Pipes, error_follows_output_in_order_when_it_is_left_out) {
  json wanted = shell("echo a; echo b >&2; echo c");
  wanted["output"] = stream("pipe");
  const Started started = start_with_ends(client(), wanted);
  EXPECT_EQ(read_all(started.ends.output.get()), "a\nb\nc\n");
}

TEST_F(Pipes, error_gets_a_pipe_of_its_own_when_asked) {
  json wanted = shell("echo a; echo b >&2");
  wanted["output"] = wanted["error"] = stream("pipe");
  const Started started = start_with_ends(client(), wanted);
  EXPECT_EQ(read_all(started.ends.output.get()), "a\n");
  EXPECT_EQ(read_all(started.ends.error.get()), "b\n");
}

TEST_F(Pipes, error_may_go_to_a_pipe_while_output_is_kept) {
  json wanted = shell("echo a; echo b >&2");
  wanted["error"] = stream("pipe");
  const Started started = start_with_ends(client(), wanted);
  EXPECT_EQ(read_all(started.ends.error.get()), "b\n");
  wait(client(), started.job);
  EXPECT_EQ(log_of(client(), started.job), "a\n");
}

TEST_F(Pipes, a_job_that_is_not_started_hands_nothing_back_and_leaks_nothing) {
  const json wanted = with_pipes(spec({"/no/such/program"}));
  const auto refused = [&] {
    client().send("io.coppice.Jobs.Start", {{"spec", wanted}});
    const varlink::Reply reply = next_reply(client());
    EXPECT_EQ(reply.error(), "io.coppice.Jobs.StartFailed");
    EXPECT_EQ(reply.descriptors(), 0u);
  };
  refused();
  const std::size_t before = descriptors_of(supervisor());
  const std::size_t keeper_before = descriptors_of(daemon_->keeper());
  for (int i = 0; i < 20; ++i) refused();
  EXPECT_TRUE(eventually([&] { return descriptors_of(supervisor()) <= before; }));
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->keeper()) <= keeper_before; }));
}

TEST_F(Pipes, run_hands_them_back_with_its_first_reply) {
  json wanted = spec({"cat"});
  wanted["input"] = wanted["output"] = stream("pipe");
  client().send("io.coppice.Jobs.Run", {{"spec", wanted}}, varlink::Mode::more);
  varlink::Reply first = next_reply(client());
  Ends ends = ends_of(first);
  write_all(ends.input.get(), "x");
  ends.input.reset();
  EXPECT_EQ(read_all(ends.output.get()), "x");
  const varlink::Reply last = next_reply(client());
  EXPECT_FALSE(last.continues());
  EXPECT_EQ(last.descriptors(), 0u);
  EXPECT_EQ(last.parameters().at("result").at("outcome"), "succeeded");
}

TEST_F(Pipes, a_plain_run_refuses_them_by_name_with_the_remedy) {
  for (const std::string name : {"input", "output", "error"}) {
    json wanted = spec({"cat"});
    wanted[name] = stream("pipe");
    const Failure refusal = failure(client(), "Run", {{"spec", wanted}});
    EXPECT_EQ(refusal.name, "InvalidSpec");
    EXPECT_EQ(refusal.parameters["field"], "spec." + name + ".kind");
    EXPECT_NE(refusal.parameters["reason"].get<std::string>().find("`more`"), std::string::npos);
  }
}

TEST_F(Pipes, the_first_of_a_pipeline_gets_the_input_and_the_last_the_output) {
  json wanted = {{"commands", {{{"argv", {"cat"}}}, {{"argv", {"tr", "a-z", "A-Z"}}}}}};
  wanted["input"] = wanted["output"] = stream("pipe");
  Started started = start_with_ends(client(), wanted);
  write_all(started.ends.input.get(), "loud");
  started.ends.input.reset();
  EXPECT_EQ(read_all(started.ends.output.get()), "LOUD");
  EXPECT_EQ(wait(client(), started.job)["outcome"], "succeeded");
}

}  // namespace
}  // namespace coppice::support
