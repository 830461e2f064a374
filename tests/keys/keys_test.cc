// Starts that carry a key: a repeat makes no second job.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

constexpr char kRun[] = "io.coppice.Jobs.Run";
constexpr uid_t kNobody = 65534;

class Keys : public WithDaemon {
 protected:
  // A line of shell that ends when the file is there.
  std::string until(const std::string& name) const {
    return "while [ ! -e " + daemon_->folder() + "/" + name + " ]; do sleep 0.02; done";
  }
  void make(const std::string& name) const {
    const UniqueFd file(::open((daemon_->folder() + "/" + name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_TRUE(file);
  }

  std::string start_id(const json& parameters) { return start_id(client(), parameters); }
  static std::string start_id(varlink::Client& by, const json& parameters) {
    return call(by, "Start", parameters).at("job").at("id");
  }

  std::size_t jobs() {
    client().send("io.coppice.Jobs.List", json::object(), varlink::Mode::more);
    for (std::size_t count = 1;; ++count) {
      const varlink::Reply reply = next_reply(client());
      if (reply.failed()) return 0;
      if (!reply.continues()) return count;
    }
  }

  // The pieces of one stream, and the result.
  struct Told {
    std::string output;
    std::string error;
    json result;
  };
  static Told rest_of(varlink::Client& by) {
    Told told;
    for (;;) {
      const varlink::Reply reply = next_reply(by);
      reply.throw_if_failed();
      const json& answer = reply.parameters();
      if (answer.contains("data"))
        (answer.at("stream") == "error" ? told.error : told.output) += decode_base64(answer.at("data").get<std::string>());
      if (!reply.continues()) {
        told.result = answer.at("result");
        return told;
      }
    }
  }
};

json bound(json wanted) {
  wanted["lifetime"] = {{"bound", "connection"}};
  return wanted;
}

json logged(json wanted) {
  wanted["output"] = {{"kind", "log"}};
  wanted["error"] = {{"kind", "log"}};
  return wanted;
}

TEST_F(Keys, D1_a_start_that_is_repeated_answers_for_the_job_of_the_first) {
  const json wanted = {{"spec", spec({"sleep", "1000"})}, {"key", "a"}};
  const std::string id = start_id(wanted);
  varlink::Client other = daemon_->connect();
  EXPECT_EQ(start_id(other, wanted), id);
  EXPECT_EQ(jobs(), 1u);
  json next = wanted;
  next["key"] = "b";
  EXPECT_NE(start_id(next), id);
  next.erase("key");
  EXPECT_NE(start_id(next), id);
}

TEST_F(Keys, D1_a_key_is_known_after_the_end_of_its_job_until_that_is_removed) {
  const json wanted = {{"spec", spec({"true"})}, {"key", "a"}};
  const std::string id = start_id(wanted);
  wait(client(), {{"id", id}});
  EXPECT_EQ(call(client(), "Start", wanted).at("job").at("state"), "ended");
  EXPECT_EQ(start_id(wanted), id);
  call(client(), "Remove", {{"job", {{"id", id}}}});
  EXPECT_NE(start_id(wanted), id);
}

TEST_F(Keys, what_a_repeat_says_of_the_job_is_not_looked_at) {
  const std::string id = start_id({{"spec", spec({"sleep", "1000"})}, {"key", "a"}});
  EXPECT_EQ(start_id({{"spec", spec({"no-such-program"})}, {"key", "a"}}), id);
}

TEST_F(Keys, S5_a_failed_start_fails_again_with_its_step) {
  const json wanted = {{"spec", spec({"/no/such/program"})}, {"key", "a"}};
  const Failure first = failure(client(), "Start", wanted);
  EXPECT_EQ(first.name, "StartFailed");
  EXPECT_EQ(first.parameters.at("step"), "exec");
  const Failure again = failure(client(), "Start", wanted);
  EXPECT_EQ(again.name, first.name);
  EXPECT_EQ(again.parameters, first.parameters);
  EXPECT_EQ(jobs(), 1u);
}

TEST_F(Keys, a_refused_start_leaves_its_key_to_the_next) {
  json refused = spec({"true"});
  refused["user"] = "no-such-user";
  EXPECT_EQ(failure(client(), "Start", {{"spec", refused}, {"key", "a"}}).name, "InvalidSpec");
  const std::string id = start_id({{"spec", spec({"true"})}, {"key", "a"}});
  EXPECT_EQ(start_id({{"spec", spec({"true"})}, {"key", "a"}}), id);
}

TEST_F(Keys, D1_calls_at_the_same_time_make_one_job_although_names_are_looked_up) {
  json named = spec({"sleep", "1000"});
  named["user"] = "root";
  std::vector<varlink::Client> clients;
  for (int index = 0; index < 8; ++index) clients.push_back(daemon_->connect());
  for (varlink::Client& one : clients) one.send("io.coppice.Jobs.Start", {{"spec", named}, {"key", "a"}});
  std::vector<std::string> ids;
  for (varlink::Client& one : clients) ids.push_back(next_reply(one).parameters().at("job").at("id"));
  EXPECT_EQ(ids, std::vector<std::string>(8, ids.front()));
  EXPECT_EQ(jobs(), 1u);
}

TEST_F(Keys, D1_a_caller_that_left_before_its_job_was_there_leaves_the_key) {
  json named = spec({"sleep", "1000"});
  named["user"] = "root";
  for (int round = 0; round < 20; ++round) {
    const json wanted = {{"spec", named}, {"key", "round" + std::to_string(round)}};
    daemon_->connect().send("io.coppice.Jobs.Start", wanted);
    const std::string id = start_id(wanted);
    EXPECT_EQ(start_id(wanted), id);
  }
  EXPECT_EQ(jobs(), 20u);
}

TEST_F(Keys, A2_the_key_of_another_user_is_another) {
  ASSERT_EQ(::chmod(daemon_->folder().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
  // The kernel takes the effective ids at the connect for the peer's.
  ASSERT_EQ(::setegid(kNobody), 0);
  ASSERT_EQ(::seteuid(kNobody), 0);
  std::optional<varlink::Client> other;
  try {
    other = daemon_->connect();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
  ASSERT_TRUE(other);
  const json wanted = {{"spec", spec({"/bin/sleep", "1000"})}, {"key", "a"}};
  const std::string id = start_id(wanted);
  const std::string theirs = start_id(*other, wanted);
  EXPECT_NE(theirs, id);
  EXPECT_EQ(start_id(*other, wanted), theirs);
  EXPECT_EQ(start_id(wanted), id);
}

TEST_F(Keys, a_key_is_64_printable_characters_at_most) {
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\n"),
                                 std::string("\xC3\xA9"), std::string(1, '\x7F')}) {
    const Failure refused = failure(client(), "Start", {{"spec", spec({"true"})}, {"key", bad}});
    EXPECT_EQ(refused.name, "InvalidSpec") << bad;
    EXPECT_EQ(refused.parameters.at("field"), "key");
  }
  EXPECT_EQ(jobs(), 0u);
  start_id({{"spec", spec({"true"})}, {"key", std::string(64, '~')}});
}

TEST_F(Keys, D1_a_job_that_is_bound_to_a_connection_is_bound_to_that_of_the_repeat) {
  const json wanted = {{"spec", bound(spec({"sleep", "1000"}))}, {"key", "a"}};
  std::optional<varlink::Client> first = daemon_->connect();
  const json job = {{"id", start_id(*first, wanted)}};
  std::optional<varlink::Client> second = daemon_->connect();
  EXPECT_EQ(start_id(*second, wanted), job.at("id"));
  first.reset();
  // Whatever came of it has come when a later connection has come and gone.
  const json witness = start(*std::make_unique<varlink::Client>(daemon_->connect()), bound(spec({"sleep", "1000"})));
  EXPECT_EQ(wait(client(), witness)["outcome"], "stopped");
  EXPECT_EQ(state_of(client(), job), "running");
  second.reset();
  EXPECT_EQ(wait(client(), job)["detail"], "the connection that it was bound to closed");
}

TEST_F(Keys, D1_a_run_that_is_repeated_goes_on_at_the_bytes_that_are_asked_for) {
  const json wanted = logged(shell("printf 0123456789; printf abcdef >&2; " + until("go") + "; printf end"));
  varlink::Client first = daemon_->connect();
  first.send(kRun, {{"spec", bound(wanted)}, {"key", "a"}}, varlink::Mode::more);
  const json job = next_reply(first).parameters().at("job");
  ASSERT_TRUE(eventually([&] { return log_of(client(), job, "error") == "abcdef"; }));
  varlink::Client second = daemon_->connect();
  second.send(kRun, {{"spec", bound(wanted)}, {"key", "a"}, {"outputFrom", 4}, {"errorFrom", 6}}, varlink::Mode::more);
  EXPECT_EQ(next_reply(second).parameters().at("job").at("id"), job.at("id"));
  make("go");
  const Told told = rest_of(second);
  EXPECT_EQ(told.output, "456789end");
  EXPECT_EQ(told.error, "");
  EXPECT_EQ(told.result.at("outcome"), "succeeded");
  EXPECT_EQ(rest_of(first).output, "0123456789end");
}

TEST_F(Keys, D1_a_run_that_is_repeated_after_the_end_answers_with_the_result) {
  const json wanted = {{"spec", logged(shell("echo out; exit 3"))}, {"key", "a"}, {"unchecked", true}};
  const json first = call(client(), "Run", wanted);
  const json again = call(client(), "Run", wanted);
  EXPECT_EQ(again, first);
  json rest = wanted;
  rest["outputFrom"] = 2;
  EXPECT_EQ(decode_base64(call(client(), "Run", rest).at("data").get<std::string>()), "t\n");
  rest["outputFrom"] = 100;
  EXPECT_EQ(call(client(), "Run", rest).at("data"), "");
  client().send(kRun, wanted, varlink::Mode::more);
  EXPECT_EQ(rest_of(client()).output, "out\n");
  EXPECT_EQ(jobs(), 1u);
}

TEST_F(Keys, a_piece_cannot_begin_before_the_first_byte) {
  for (const char* from : {"outputFrom", "errorFrom"}) {
    const Failure refused = failure(client(), "Run", {{"spec", spec({"true"})}, {from, -1}});
    EXPECT_EQ(refused.name, "InvalidSpec");
    EXPECT_EQ(refused.parameters.at("field"), from);
  }
  EXPECT_EQ(jobs(), 0u);
}

TEST_F(Keys, D1_a_queued_job_is_answered_for_as_the_first_call_was) {
  call(client(), "SetSlice", {{"slice", "one"}, {"maxJobs", 1}});
  json wanted = spec({"sleep", "1000"});
  wanted["slice"] = "one";
  const json running = start(client(), wanted);
  json waiting = logged(shell("echo ran"));
  waiting["slice"] = "one";
  const json first = call(client(), "Start", {{"spec", waiting}, {"key", "a"}}).at("job");
  EXPECT_EQ(first.at("state"), "queued");
  const json again = call(client(), "Start", {{"spec", waiting}, {"key", "a"}}).at("job");
  EXPECT_EQ(again.at("state"), "queued");
  EXPECT_EQ(again.at("id"), first.at("id"));
  varlink::Client other = daemon_->connect();
  other.send(kRun, {{"spec", waiting}, {"key", "a"}}, varlink::Mode::more);
  EXPECT_EQ(next_reply(other).parameters().at("job").at("state"), "queued");
  kill(client(), running);
  EXPECT_EQ(rest_of(other).output, "ran\n");
}

TEST_F(Keys, descriptors_that_come_with_a_repeat_are_closed_at_once) {
  const json wanted = {{"spec", bound(spec({"sleep", "1000"}))}, {"key", "a"}};
  start_id(wanted);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  varlink::Client other = daemon_->connect();
  other.send(kRun, wanted, varlink::Mode::more, {writer.get()});
  EXPECT_TRUE(next_reply(other).parameters().contains("job"));
  writer.reset();
  pollfd polled = {reader.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 60'000), 1);
  EXPECT_NE(polled.revents & POLLHUP, 0);
}

}  // namespace
}  // namespace coppice::support
