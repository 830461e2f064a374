// Logs through a daemon: caps, where a reader begins, and when pieces came.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>


#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

constexpr std::int64_t kMax = 64 << 10;

class JobLog : public Streams {
 protected:
  // The pieces of ReadLog, with these parameters too.
  std::vector<json> read(const json& job, json parameters) {
    parameters["job"] = ref(job);
    client().send("io.coppice.Jobs.ReadLog", parameters, varlink::Mode::more);
    std::vector<json> pieces;
    for (bool more = true; more;) {
      const varlink::Reply reply = next_reply(client());
      reply.throw_if_failed();
      pieces.push_back(reply.parameters());
      more = reply.continues();
    }
    return pieces;
  }
  std::string text(const json& job, const json& parameters) {
    std::string all;
    for (const json& piece : read(job, parameters)) all += decode_base64(piece.at("data").get<std::string>());
    return all;
  }
  // A job that writes each of these when it is told to.
  json spoken(const std::vector<std::string>& pieces) {
    json wanted = spec({"cat"});
    wanted["input"] = stream("data");
    const json job = start(client(), wanted);
    std::string all;
    for (const std::string& piece : pieces) {
      call(client(), "WriteInput", input_call(job, piece));
      all += piece;
      EXPECT_TRUE(eventually([&] { return log_of(client(), job) == all; }));
      // Two within a tenth of a second may have one time.
      const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
      EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > later; }));
    }
    return job;
  }
};

TEST_F(JobLog, O5_a_cap_costs_the_oldest_output_and_the_result_says_how_much) {
  json wanted = shell("seq 1000000 1099999");
  wanted["logMax"] = kMax;
  const json job = start(client(), wanted);
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_FALSE(result.contains("detail"));
  const std::string kept = text(job, json::object());
  EXPECT_LE(kept.size(), kMax);
  EXPECT_GE(kept.size(), kMax / 8 * 7);
  EXPECT_EQ(result["logDropped"], 800000 - kept.size());
  EXPECT_TRUE(kept.ends_with("\n1099998\n1099999\n"));
  EXPECT_EQ(read(job, {{"offset", 0}}).at(0).at("offset"), 800000 - kept.size());
}

TEST_F(JobLog, O5_a_cap_costs_the_newest_output_if_asked_to_of_each_stream) {
  json wanted = shell("seq 1000000 1099999; echo short >&2");
  wanted["error"] = stream("log");
  wanted["logMax"] = 8000;
  wanted["logDrop"] = "newest";
  const json job = start(client(), wanted);
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["logDropped"], 792000);
  const std::string kept = text(job, json::object());
  EXPECT_EQ(kept.size(), 8000U);
  EXPECT_TRUE(kept.ends_with("\n1000999\n"));
  EXPECT_EQ(log_of(client(), job, "error"), "short\n");
}

TEST_F(JobLog, O5_a_full_disk_costs_output_and_the_result_says_that_it_was_the_disk) {
  // A mount namespace of its own, gone with this process.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    GTEST_SKIP() << "a mount namespace cannot be had: " << std::strerror(errno);
  start_daemon({});
  const std::string jobs = daemon_->folder() + "/state/jobs";
  ASSERT_EQ(::mount("none", jobs.c_str(), "tmpfs", 0, "size=1m"), 0) << std::strerror(errno);
  const json job = start(client(), shell("seq 1000000 1999999; echo still here >&2"));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["detail"], "some output could not be kept: no space left on device");
  const std::string kept = text(job, json::object());
  EXPECT_GT(kept.size(), 500U << 10);
  EXPECT_EQ(result["logDropped"], 8000011 - kept.size());
  EXPECT_TRUE(kept.starts_with("1000000\n1000001\n"));
  // Once there is room the next job has a log again.
  call(client(), "Remove", {{"job", ref(job)}});
  EXPECT_TRUE(eventually([&] {
    const json next = start(client(), spec({"echo", "kept"}));
    wait(client(), next);
    return log_of(client(), next) == "kept\n";
  }));
  client_.reset();
  daemon_.reset();
}

TEST_F(JobLog, O6_a_follower_of_a_capped_log_sees_its_end_and_offsets_that_tell_of_gaps) {
  json wanted = shell("seq 1000000 1299999");
  wanted["logMax"] = 4096;
  const json job = start(client(), wanted);
  std::int64_t reached = 0;
  std::string last;
  for (const json& piece : read(job, {{"follow", true}})) {
    const std::string data = decode_base64(piece.at("data").get<std::string>());
    const auto offset = piece.at("offset").get<std::int64_t>();
    EXPECT_GE(offset, reached);
    reached = offset + static_cast<std::int64_t>(data.size());
    if (!data.empty()) last = data;
  }
  EXPECT_EQ(reached, 2400000);
  EXPECT_TRUE(last.ends_with("1299999\n")) << last.size();
}

TEST_F(JobLog, a_reader_begins_with_the_last_lines_or_at_a_time) {
  const json job = spoken({"one\n", "two\nthree\n", "four\n"});
  const std::vector<json> pieces = read(job, {{"timed", true}});
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_LT(pieces[0].at("at"), pieces[1].at("at"));
  EXPECT_LT(pieces[1].at("at"), pieces[2].at("at"));
  EXPECT_EQ(text(job, {{"tail", 2}}), "three\nfour\n");
  EXPECT_EQ(text(job, {{"tail", 0}}), "");
  const auto second = pieces[1].at("at").get<std::int64_t>();
  EXPECT_EQ(text(job, {{"since", second}}), "two\nthree\nfour\n");
  EXPECT_EQ(text(job, {{"since", second + 1}}), "four\n");
  EXPECT_EQ(text(job, {{"since", second}, {"tail", 2}}), "three\nfour\n");
  EXPECT_EQ(text(job, {{"since", second + 1}, {"tail", 2}}), "four\n");
  kill(client(), job);
  EXPECT_EQ(text(job, {{"since", second + 1}, {"follow", true}}), "four\n");
}

TEST_F(JobLog, where_to_begin_is_said_once_and_soundly) {
  const json job = start(client(), spec({"true"}));
  wait(client(), job);
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}, {"offset", 1}, {"tail", 1}}).name, "InvalidSpec");
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}, {"offset", 1}, {"since", 1}}).name, "InvalidSpec");
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}, {"tail", -1}}).name, "InvalidSpec");
  json small = spec({"true"});
  small["logMax"] = 4095;
  EXPECT_EQ(failure(client(), "Start", {{"spec", small}}).name, "InvalidSpec");
}

TEST_F(JobLog, O4_a_descriptor_of_a_log_of_several_segments_has_all_that_is_kept) {
  json wanted = shell("seq 1000000 1099999");
  wanted["logMax"] = kMax;
  const json job = start(client(), wanted);
  wait(client(), job);
  client().send("io.coppice.Jobs.OpenLog", {{"job", ref(job)}});
  varlink::Reply reply = next_reply(client());
  reply.throw_if_failed();
  const UniqueFd copy = reply.take_descriptor(reply.parameters().at("fd").get<std::size_t>());
  EXPECT_EQ(read_all(copy.get()), text(job, json::object()));
  EXPECT_LT(::write(copy.get(), "x", 1), 0);
}

}  // namespace
}  // namespace coppice::support
