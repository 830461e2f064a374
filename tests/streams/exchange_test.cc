// Jobs that speak with each other while nobody reads what they write.
#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

using Exchange = Streams;

// Each round: write 64 KiB that nobody reads, then one message to the other and one from it.
std::string rounds(const char* before, const char* after) {
  return std::string("i=0; while [ $i -lt 64 ]; do ") + before +
         "; head -c 65536 /dev/zero; " + after + "; i=$((i+1)); done";
}

TEST_F(Exchange, O1_two_jobs_exchange_messages_with_megabytes_unread_and_none_deadlocks) {
  json first = shell(rounds("echo $i >&2", "read answer && [ $answer = $i ] || exit 1"));
  first["input"] = first["error"] = stream("pipe");
  Started started = start_with_ends(client(), first);
  json second = shell(rounds("read answer && [ $answer = $i ] || exit 1", "echo $i >&2"));
  second["input"] = passed(0);
  second["error"] = passed(1);
  const json other = start(client(), second, {started.ends.error.get(), started.ends.input.get()});
  started.ends = {};
  for (const json& job : {started.job, other}) {
    EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
    EXPECT_EQ(log_of(client(), job).size(), std::size_t{4} << 20);
  }
}

TEST_F(Exchange, O1_a_client_that_reads_no_reply_holds_no_job_up) {
  auto idle = connect();
  idle.send("io.coppice.Jobs.Run", {{"spec", shell("head -c 16777216 /dev/zero")}}, varlink::Mode::more);
  const json job = next_reply(idle).parameters().at("job");
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job).size(), std::size_t{16} << 20);
}

}  // namespace
}  // namespace coppice::support
