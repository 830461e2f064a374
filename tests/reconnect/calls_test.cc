// Calls whose answer does not come because the daemon died.
#include <chrono>
#include <csignal>

#include "tests/reconnect/fixture.h"

namespace coppice::reconnect {
namespace {

class Calls : public Reconnect {
 protected:
  // The command asks for `method`, the daemon dies, and after its return it is asked for the same once more.
  Ended break_and_answer(const cli_daemon::Words& words, const std::string& method, const json& answer) {
    const auto program = begin(words);
    std::optional<Peer> first = daemon().accept();
    const Asked asked = first->next();
    EXPECT_EQ(asked.method, method);
    first.reset();
    Peer second = daemon().accept_again();
    const Asked again = second.next();
    EXPECT_EQ(again.method, method);
    EXPECT_EQ(again.parameters, asked.parameters);
    second.reply(answer);
    Ended ended = program->end();
    EXPECT_EQ(ended.error, "");
    return ended;
  }
};

TEST_F(Calls, D1_wait_is_asked_for_again) {
  const Ended ended = break_and_answer({"wait", kId}, "Wait", {{"result", result(3)}});
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.output.find("failed with exit code 3"), std::string::npos) << ended.output;
}

TEST_F(Calls, D1_a_wait_with_a_timeout_asks_for_what_is_left_of_it) {
  const auto program = begin({"wait", "--timeout", "1h", kId});
  std::optional<Peer> first = daemon().accept();
  const auto whole = first->next().parameters.at("timeout").get<std::int64_t>();
  first.reset();
  // One that does not serve: the next pause is a longer one, and time passes.
  daemon().accept();
  Peer second = daemon().accept_again();
  const auto left = second.next().parameters.at("timeout").get<std::int64_t>();
  EXPECT_LT(left, whole);
  EXPECT_GT(left, 0);
  second.refuse("TimedOut");
  EXPECT_EQ(program->end().code, 124);
}

TEST_F(Calls, D1_stop_kill_freeze_thaw_renew_and_status_are_asked_for_again) {
  const json results = {{kId, result()}};
  EXPECT_EQ(break_and_answer({"stop", kId}, "Stop", {{"results", results}}).code, 0);
  EXPECT_EQ(break_and_answer({"kill", kId}, "Kill", {{"killed", json::array()}, {"results", results}}).code, 0);
  EXPECT_EQ(break_and_answer({"freeze", kId}, "Freeze", json::object()).code, 0);
  EXPECT_EQ(break_and_answer({"thaw", kId}, "Thaw", json::object()).code, 0);
  EXPECT_EQ(break_and_answer({"renew", kId}, "Renew", {{"expiresAt", 1}}).code, 0);
  EXPECT_EQ(break_and_answer({"status", kId}, "List", {{"job", job()}}).code, 0);
  EXPECT_EQ(break_and_answer({"slice", "list", "ci"}, "ListSlices",
                             {{"slice", {{"name", "ci"}, {"live", 1}, {"queued", 0}}}}).code, 0);
}

TEST_F(Calls, D1_a_command_of_several_calls_goes_on_at_the_one_that_broke) {
  const auto program = begin({"tree", kId});
  std::optional<Peer> first = daemon().accept();
  EXPECT_EQ(first->next().method, "List");
  first->reply({{"job", job()}});
  EXPECT_EQ(first->next().method, "Processes");
  first.reset();
  Peer second = daemon().accept_again();
  EXPECT_EQ(second.next().method, "Processes");
  second.reply({{"processes", json::array()}, {"usage", {{"cpuUser", 0}, {"cpuSystem", 0}}}});
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Calls, D1_a_slice_that_is_empty_when_the_kill_is_repeated_is_killed) {
  for (const char* command : {"kill", "stop"}) {
    const auto program = begin({command, "--slice", "ci"});
    std::optional<Peer> first = daemon().accept();
    first->next();
    first.reset();
    Peer second = daemon().accept_again();
    second.next();
    second.refuse("NoSuchSlice", {{"slice", "ci"}});
    const Ended ended = program->end();
    EXPECT_EQ(ended.code, 0) << ended.error;
  }
}

TEST_F(Calls, D1_a_job_that_is_gone_when_its_removal_is_repeated_was_removed) {
  const auto program = begin({"rm", kId});
  std::optional<Peer> first = daemon().accept();
  first->next();
  first.reset();
  Peer second = daemon().accept_again();
  second.next();
  second.refuse("NoSuchJob", {{"job", {{"id", kId}}}});
  EXPECT_EQ(program->end().output, "removed 1 job\n");
}

TEST_F(Calls, a_signal_is_not_sent_twice) {
  const auto program = begin({"signal", "TERM", kId});
  std::optional<Peer> first = daemon().accept();
  EXPECT_EQ(first->next().method, "Signal");
  first.reset();
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.error.find("may have been sent or not"), std::string::npos) << ended.error;
  EXPECT_FALSE(daemon().called());
}

TEST_F(Calls, input_is_not_written_twice_and_what_is_certain_is_told) {
  cli_daemon::Pipe input = cli_daemon::make_pipe();
  const auto program = begin({"write", kId}, std::move(input.read));
  std::optional<Peer> first = daemon().accept();
  ASSERT_EQ(::write(input.write.get(), "12345", 5), 5);
  EXPECT_EQ(first->next().method, "WriteInput");
  first->reply({{"taken", true}});
  ASSERT_EQ(::write(input.write.get(), "678", 3), 3);
  EXPECT_EQ(first->next().method, "WriteInput");
  first.reset();
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.error.find("given 5 bytes, and perhaps some of the next 3"), std::string::npos) << ended.error;
  EXPECT_FALSE(daemon().called());
}

TEST_F(Calls, D1_a_restart_between_two_writes_is_not_noticed) {
  cli_daemon::Pipe input = cli_daemon::make_pipe();
  const auto program = begin({"write", kId}, std::move(input.read));
  std::optional<Peer> first = daemon().accept();
  ASSERT_EQ(::write(input.write.get(), "12345", 5), 5);
  first->next();
  first->reply({{"taken", true}});
  first.reset();
  ASSERT_EQ(::write(input.write.get(), "678", 3), 3);
  input.write.reset();
  Peer second = daemon().accept_again();
  EXPECT_EQ(second.next().parameters.at("data"), "Njc4");
  second.reply({{"taken", true}});
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 0) << ended.error;
}

TEST_F(Calls, D1_a_daemon_that_nobody_listens_for_meanwhile_is_waited_for) {
  const auto program = begin({"wait", kId});
  std::optional<Peer> first = daemon().accept();
  first->next();
  // A death together with its keeper: the file of the socket stays until the next daemon replaces it.
  daemon().die();
  first.reset();
  daemon().listen();
  Peer second = daemon().accept_again();
  second.next();
  second.reply({{"result", result()}});
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Calls, D1_an_answer_that_is_cut_short_is_asked_for_again) {
  const auto program = begin({"wait", kId});
  std::optional<Peer> first = daemon().accept();
  first->next();
  first->send("{\"parameters\":{\"res");
  first.reset();
  Peer second = daemon().accept_again();
  second.next();
  second.reply({{"result", result()}});
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Calls, D1_a_daemon_that_dies_again_and_again_is_waited_for) {
  const auto program = begin({"wait", kId});
  daemon().accept().next();
  for (int death = 0; death < 3; ++death) daemon().accept_again().next();
  for (int death = 0; death < 3; ++death) daemon().accept();
  Peer last = daemon().accept_again();
  last.next();
  last.reply({{"result", result()}});
  EXPECT_EQ(program->end().code, 0);
}

TEST_F(Calls, D3_a_daemon_that_ended_and_removed_its_socket_is_not_waited_for) {
  const auto program = begin({"wait", kId});
  std::optional<Peer> first = daemon().accept();
  first->next();
  daemon().end();
  first.reset();
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 125);
  EXPECT_NE(ended.error.find("the daemon is gone"), std::string::npos) << ended.error;
}

TEST_F(Calls, D3_a_daemon_that_says_that_it_ends_is_not_waited_for) {
  const auto program = begin({"wait", kId});
  Peer first = daemon().accept();
  first.next();
  first.refuse("ShuttingDown");
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 125);
  EXPECT_NE(ended.error.find("shutting down"), std::string::npos) << ended.error;
  EXPECT_FALSE(daemon().called());
}

TEST_F(Calls, what_is_no_varlink_is_not_asked_again) {
  const auto program = begin({"wait", kId});
  Peer first = daemon().accept();
  first.next();
  first.send(std::string("nonsense") + '\0');
  const Ended ended = program->end();
  EXPECT_EQ(ended.code, 125);
  EXPECT_NE(ended.error.find("breaks the protocol"), std::string::npos) << ended.error;
  EXPECT_FALSE(daemon().called());
}

}  // namespace
}  // namespace coppice::reconnect
