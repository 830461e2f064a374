// Streams of jobs in the background: --stdin, --output, --error and coppice write.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class JobStreams : public Daemon {};

TEST_F(JobStreams, write_feeds_a_job_in_pieces_until_it_is_closed) {
  start({"--name", "eater", "--stdin", "--", "cat"});
  const std::string id = objects({"status", "--json", "eater"}).at(0).at("id");
  EXPECT_EQ(shell("printf 'one ' | $COPPICE write eater").code, 0);
  EXPECT_EQ(shell("printf two | $COPPICE write --close eater").code, 0);
  EXPECT_EQ(coppice({"wait", id}).code, 0);
  EXPECT_EQ(coppice({"logs", id}).output, "one two");
}

TEST_F(JobStreams, write_passes_megabytes) {
  const std::string id = start({"--stdin", "--", "wc", "-c"});
  const Ended ended = shell("head -c 5000000 /dev/zero | $COPPICE write --close " + id);
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(coppice({"wait", id}).code, 0);
  EXPECT_EQ(coppice({"logs", id}).output, "5000000\n");
}

TEST_F(JobStreams, O3_write_ends_when_the_job_reads_no_more) {
  const std::string id = start({"--stdin", "--", "head", "-c", "1"});
  const Ended ended = shell("yes | $COPPICE write " + id);
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(contains(ended.error, "reads no more")) << ended.error;
}

TEST_F(JobStreams, write_to_a_job_without_such_an_input_is_refused) {
  const std::string id = start({"--", "sleep", "1000"});
  const Ended ended = shell("echo x | $COPPICE write " + id);
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(contains(ended.error, "kind data")) << ended.error;
}

TEST_F(JobStreams, start_sends_each_stream_where_it_is_told) {
  const std::string apart = start({"--error", "log", "--", "sh", "-c", "echo out; echo err >&2"});
  ASSERT_EQ(coppice({"wait", apart}).code, 0);
  EXPECT_EQ(coppice({"logs", apart}).output, "out\n");
  EXPECT_EQ(coppice({"logs", "--stream", "error", apart}).output, "err\n");
  const std::string quiet = start({"--output", "null", "--", "echo", "out"});
  ASSERT_EQ(coppice({"wait", quiet}).code, 0);
  EXPECT_TRUE(contains(coppice({"logs", quiet}).error, "not captured"));
}

TEST_F(JobStreams, run_keeps_what_it_passes_on_when_told) {
  const Ended ended =
      coppice({"run", "--name", "kept", "--output", "log", "--", "sh", "-c", "echo out; echo err >&2"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output, "out\n");
  EXPECT_EQ(ended.error, "err\n");
  EXPECT_EQ(coppice({"logs", "kept"}).output, "out\n");
  EXPECT_EQ(coppice({"run", "--error", "null", "--", "sh", "-c", "echo err >&2"}).error, "");
}

}  // namespace
}  // namespace coppice::cli_daemon
