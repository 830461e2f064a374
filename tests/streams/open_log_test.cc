// OpenLog: a descriptor of the log for the client.
#include <fcntl.h>
#include <unistd.h>

#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

class OpenLog : public Streams {
 protected:
  UniqueFd open_log(const json& job, const char* name = "output") {
    client().send("io.coppice.Jobs.OpenLog", {{"job", ref(job)}, {"stream", name}});
    varlink::Reply reply = next_reply(client());
    reply.throw_if_failed();
    return reply.take_descriptor(reply.parameters().at("fd").get<std::size_t>());
  }
};

TEST_F(OpenLog, it_reads_what_the_job_wrote) {
  json wanted = shell("echo out; echo err >&2");
  wanted["error"] = stream("log");
  const json job = start(client(), wanted);
  wait(client(), job);
  EXPECT_EQ(read_all(open_log(job).get()), "out\n");
  EXPECT_EQ(read_all(open_log(job, "error").get()), "err\n");
}

TEST_F(OpenLog, O4_flags_and_offset_are_its_own_and_it_cannot_be_written) {
  const json job = start(client(), shell("echo abc; sleep 1000"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), job) == "abc\n"; }));
  const UniqueFd one = open_log(job);
  const UniqueFd two = open_log(job);
  EXPECT_EQ(::fcntl(one.get(), F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDONLY);
  EXPECT_EQ(::fcntl(one.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_LT(::write(one.get(), "x", 1), 0);
  // Whatever this client does to its own, nobody else sees it.
  ASSERT_EQ(::fcntl(one.get(), F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(::lseek(one.get(), 3, SEEK_SET), 3);
  EXPECT_EQ(::fcntl(two.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::lseek(two.get(), 0, SEEK_CUR), 0);
  EXPECT_EQ(log_of(client(), job), "abc\n");
  kill(client(), job);
  EXPECT_EQ(read_all(two.get()), "abc\n");
}

TEST_F(OpenLog, one_that_is_opened_before_the_first_byte_sees_all) {
  json wanted = spec({"cat"});
  wanted["input"] = stream("data");
  const json job = start(client(), wanted);
  const UniqueFd log = open_log(job);
  EXPECT_EQ(read_all(log.get()), "");
  call(client(), "WriteInput", input_call(job, "late", true));
  wait(client(), job);
  EXPECT_EQ(read_all(log.get()), "late");
}

TEST_F(OpenLog, an_empty_log_costs_the_daemon_no_descriptor) {
  const auto open_both = [&] {
    const json job = start(client(), spec({"sleep", "1000"}));
    EXPECT_EQ(read_all(open_log(job).get()), "");
    kill(client(), job);
    EXPECT_EQ(read_all(open_log(job).get()), "");
    const json ended = start(client(), spec({"true"}));
    wait(client(), ended);
    EXPECT_EQ(read_all(open_log(ended).get()), "");
  };
  open_both();
  const std::size_t before = descriptors_of(supervisor());
  for (int i = 0; i < 10; ++i) open_both();
  EXPECT_TRUE(eventually([&] { return descriptors_of(supervisor()) <= before; }));
}

TEST_F(OpenLog, a_stream_that_is_not_captured_is_refused) {
  json wanted = spec({"true"});
  wanted["output"] = stream("null");
  const json job = start(client(), wanted);
  wait(client(), job);
  EXPECT_EQ(failure(client(), "OpenLog", {{"job", ref(job)}}).name, "WrongState");
}

}  // namespace
}  // namespace coppice::support
