// Jobs with a terminal: a real daemon, real ptys, viewers over upgraded connections.
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>

#include <optional>

#include "tests/support/observe.h"
#include "tests/terminal/look.h"

namespace coppice::support {
namespace {

// Many times what sockets and queues hold.
constexpr int kLines = 200'000;

class InTerminal : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    daemon_.emplace();
    client_.emplace(daemon_->connect());
  }

  varlink::Client& client() { return *client_; }
  const Daemon& daemon() { return *daemon_; }
  json run(const std::string& line) { return start(client(), in_terminal(line)); }
  std::string output_of(const json& spec) {
    const json job = start(client(), spec);
    EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
    return log_of(client(), job);
  }
  bool logs(const json& job, const std::string& text) {
    return eventually([&] { return log_of(client(), job).find(text) != std::string::npos; });
  }
  Failure refusal(const std::string& method, json parameters, varlink::Mode mode = varlink::Mode::plain) {
    varlink::Client caller = daemon().connect();
    caller.send("io.coppice.Jobs." + method, parameters, mode);
    const varlink::Reply reply = next_reply(caller);
    return {reply.error().substr(reply.error().rfind('.') + 1), reply.parameters()};
  }

 private:
  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

TEST_F(InTerminal, S4_a_job_has_its_terminal_as_controlling_one_and_in_all_three_streams) {
  const std::string text =
      output_of(in_terminal("test -t 0 && test -t 1 && test -t 2 && tty && : > /dev/tty && "
                            "ps -o tty= -p $$ && ps -o tpgid= -p $$ | grep -qw $$ && echo controls"));
  EXPECT_NE(text.find("/dev/pts/"), text.npos) << text;
  EXPECT_NE(text.find("controls\r\n"), text.npos) << text;
}

TEST_F(InTerminal, streams_that_are_named_go_where_they_are_sent) {
  json wanted = in_terminal("echo out; echo err >&2; test -t 0 && test ! -t 1 && test -t 2");
  wanted["output"] = {{"kind", "log"}};
  const json job = start(client(), wanted);
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job, "output"), "out\n");
  EXPECT_EQ(log_of(client(), job, "error"), "err\r\n");
}

TEST_F(InTerminal, a_terminal_belongs_to_the_user_of_its_job) {
  const passwd* nobody = ::getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  json wanted = in_terminal("stat -L -c %U,%t /dev/fd/0; id -un; : > \"$(tty)\"");
  wanted["user"] = "nobody";
  const std::string text = output_of(wanted);
  EXPECT_EQ(text.find("nobody,"), 0u) << text;
}

TEST_F(InTerminal, the_size_is_80_by_24_or_as_asked_and_a_change_is_told_to_the_job) {
  EXPECT_EQ(output_of(in_terminal("stty size")), "24 80\r\n");
  json wanted = in_terminal("trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done");
  wanted["terminalSize"] = {{"columns", 100}, {"rows", 30}};
  const json job = start(client(), wanted);
  ASSERT_TRUE(logs(job, "30 100\r\n"));
  call(client(), "Resize", {{"job", ref(job)}, {"columns", 132}, {"rows", 50}});
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_EQ(log_of(client(), job), "30 100\r\n50 132\r\n");
}

TEST_F(InTerminal, O2_the_log_has_all_that_was_written) {
  const json job = run("seq " + std::to_string(kLines));
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  std::string all;
  for (int line = 1; line <= kLines; ++line) all += std::to_string(line) + "\r\n";
  EXPECT_TRUE(log_of(client(), job) == all);
}

TEST_F(InTerminal, what_is_typed_reaches_the_job_and_its_signals_are_those_of_a_terminal) {
  const json job = run("trap 'echo interrupted' INT; read line; echo got $line; "
                       "until read line && test \"$line\"; do :; done; echo then $line");
  Look look(daemon(), job, {{"size", {{"columns", 90}, {"rows", 20}}}});
  EXPECT_TRUE(look.writer());
  look.type("hello\r");
  ASSERT_TRUE(look.sees("got hello\r\n"));
  look.type("\x03");
  ASSERT_TRUE(look.sees("interrupted\r\n"));
  look.type("more\r");
  EXPECT_TRUE(look.sees("then more\r\n"));
  EXPECT_TRUE(look.ends());
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
}

TEST_F(InTerminal, the_first_viewer_sees_it_from_the_beginning_and_a_later_one_the_screen) {
  const json job = run("printf '\\033[31mone\\033[0m\\nfirst\\033[1K'; read line");
  ASSERT_TRUE(logs(job, "first"));
  Look first(daemon(), job);
  EXPECT_TRUE(first.sees("\033[31mone\033[0m\r\nfirst\033[1K"));
  Look later(daemon(), job);
  EXPECT_TRUE(later.sees("\033[0;31mone"));
  EXPECT_TRUE(later.sees("\033[2;6H"));
  EXPECT_EQ(later.text().find("first"), std::string::npos);
}

TEST_F(InTerminal, a_viewer_of_a_job_that_wrote_a_lot_gets_its_screen) {
  const json job = run("seq " + std::to_string(kLines) + "; read line; echo end");
  ASSERT_TRUE(logs(job, std::to_string(kLines) + "\r\n"));
  Look look(daemon(), job);
  EXPECT_TRUE(look.sees("\033[23;1H" + std::to_string(kLines)));
  EXPECT_LT(look.text().size(), 4096u);
  look.type("\r");
  EXPECT_TRUE(look.sees("end\r\n"));
}

TEST_F(InTerminal, one_viewer_has_the_keyboard_until_another_takes_it) {
  const json job = run("while read line; do echo got $line; done");
  Look first(daemon(), job);
  Look second(daemon(), job);
  Look reader(daemon(), job, {{"readOnly", true}});
  EXPECT_TRUE(first.writer());
  EXPECT_FALSE(second.writer());
  EXPECT_FALSE(reader.writer());
  second.type("unheard\r");
  reader.type("unheard\r");
  first.type("one\r");
  for (Look* each : {&first, &second, &reader}) EXPECT_TRUE(each->sees("got one\r\n"));
  Look third(daemon(), job, {{"take", true}});
  EXPECT_TRUE(third.writer());
  first.type("unheard\r");
  third.type("two\r");
  EXPECT_TRUE(reader.sees("got two\r\n"));
  EXPECT_EQ(reader.text().find("unheard"), std::string::npos);
  kill(client(), job);
}

TEST_F(InTerminal, the_keyboard_is_free_when_its_viewer_has_left) {
  const json job = run("while read line; do echo got $line; done");
  {
    Look first(daemon(), job);
    EXPECT_TRUE(first.writer());
  }
  EXPECT_TRUE(eventually([&] { return Look(daemon(), job).writer(); }));
  kill(client(), job);
}

TEST_F(InTerminal, O6_a_viewer_that_does_not_read_holds_up_neither_the_job_nor_others) {
  const json job = run("read line; seq " + std::to_string(kLines) + "; echo over");
  Look slow(daemon(), job);
  Look quick(daemon(), job);
  slow.type("\r");
  EXPECT_TRUE(quick.sees("over\r\n"));
  EXPECT_TRUE(quick.ends());
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  // It missed most, and gets the screen as it is in the end.
  EXPECT_TRUE(slow.ends());
  EXPECT_LT(slow.text().size(), 2u << 20);
  EXPECT_NE(slow.text().rfind("over"), std::string::npos);
}

TEST_F(InTerminal, O6_a_viewer_that_reads_again_is_shown_the_screen_of_then) {
  const json job = run("read line; seq " + std::to_string(kLines) + "; read line; echo bye");
  Look slow(daemon(), job);
  slow.type("\r");
  ASSERT_TRUE(logs(job, std::to_string(kLines) + "\r\n"));
  EXPECT_TRUE(slow.sees("\033[23;1H" + std::to_string(kLines)));
  EXPECT_LT(slow.text().size(), 2u << 20);
  slow.type("\r");
  EXPECT_TRUE(slow.sees("bye\r\n"));
}

TEST_F(InTerminal, K6_kill_and_stop_wait_for_no_viewer) {
  for (const char* method : {"Kill", "Stop"}) {
    const json job = run("yes");
    Look stuck(daemon(), job);
    // Its queue is full when output goes on and it has nothing to read any more.
    ASSERT_TRUE(stuck.sees("y\r\n"));
    call(client(), method, {{"job", ref(job)}});
    EXPECT_EQ(state_of(client(), job), "ended");
    EXPECT_TRUE(stuck.ends());
  }
}

TEST_F(InTerminal, keys_that_the_job_does_not_read_hold_up_nobody_else) {
  const json job = run("stty raw -echo; echo ready; exec sleep 1000");
  Look look(daemon(), job);
  ASSERT_TRUE(look.sees("ready"));
  const std::string keys(65536, 'x');
  // As many as the connection takes; the terminal takes fewer.
  while (::send(look.socket(), keys.data(), keys.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  Look other(daemon(), job, {{"take", true}});
  EXPECT_TRUE(other.writer());
  kill(client(), job);
  EXPECT_TRUE(other.ends());
}

TEST_F(InTerminal, K7_a_leftover_with_the_terminal_open_is_ended_and_the_viewer_told_the_end) {
  const json job = run("trap '' HUP; sleep 1000 & echo started");
  Look look(daemon(), job);
  EXPECT_TRUE(look.ends());
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["leftovers"].size(), 1u);
  EXPECT_EQ(log_of(client(), job), "started\r\n");
}

TEST_F(InTerminal, a_viewer_that_only_shuts_its_sending_side_down_looks_on) {
  const json job = run("read line; echo got $line");
  Look closed(daemon(), job);
  ::shutdown(closed.socket(), SHUT_WR);
  Look other(daemon(), job, {{"take", true}});
  other.type("it\r");
  EXPECT_TRUE(closed.sees("got it\r\n"));
  EXPECT_TRUE(closed.ends());
}

TEST_F(InTerminal, viewers_have_a_bound) {
  const json job = run("read line");
  std::vector<std::unique_ptr<Look>> looks;
  for (int i = 0; i < 64; ++i) looks.push_back(std::make_unique<Look>(daemon(), job));
  const Failure failure = refusal("Attach", {{"job", ref(job)}}, varlink::Mode::upgrade);
  EXPECT_EQ(failure.name, "Exhausted");
  EXPECT_EQ(failure.parameters["limit"], 64);
  kill(client(), job);
}

TEST_F(InTerminal, what_makes_no_sense_is_refused_by_name) {
  const json plain = start(client(), shell("exec sleep 1000"));
  EXPECT_EQ(refusal("Attach", {{"job", ref(plain)}}, varlink::Mode::upgrade).name, "WrongState");
  EXPECT_EQ(refusal("Resize", {{"job", ref(plain)}, {"columns", 80}, {"rows", 24}}).name, "WrongState");
  const json job = run("read line");
  EXPECT_EQ(refusal("Attach", {{"job", ref(job)}}).parameters["field"], "upgrade");
  EXPECT_EQ(refusal("Attach", {{"job", ref(job)}, {"readOnly", true}, {"take", true}}, varlink::Mode::upgrade)
                .parameters["field"],
            "take");
  EXPECT_EQ(refusal("Resize", {{"job", ref(job)}, {"columns", 0}, {"rows", 24}}).parameters["field"], "columns");
  EXPECT_EQ(refusal("Resize", {{"job", ref(job)}, {"columns", 80}, {"rows", 4294967296}}).parameters["field"],
            "rows");
  for (const json& one : {plain, job}) kill(client(), one);
  EXPECT_EQ(refusal("Attach", {{"job", ref(job)}}, varlink::Mode::upgrade).name, "WrongState");
}

TEST_F(InTerminal, many_short_jobs_leave_no_terminal_and_no_descriptor_behind) {
  output_of(in_terminal("echo once"));
  const std::size_t before = descriptors_of(daemon().supervisor());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(output_of(in_terminal("echo again")), "again\r\n");
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon().supervisor()) <= before; }));
}

}  // namespace
}  // namespace coppice::support
