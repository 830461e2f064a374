#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "tests/cli_daemon/fixture.h"
#include "tests/cli_terminal/tmux.h"

namespace coppice::cli_terminal {
namespace {

constexpr char kEditor[] = "/usr/bin/vim.tiny";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A shell in a pane; the client finds, or starts, a private daemon.
class Terminal : public cli_daemon::Place {
 protected:
  void SetUp() override {
    if (const std::string missing = cli_daemon::missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
    for (const char* program : {"/usr/bin/tmux", kEditor})
      if (::access(program, X_OK) != 0) GTEST_SKIP() << "needs " << program;
    tmux_ = std::make_unique<Tmux>(folder(), environment);
    tmux().enter("cd " + folder() + "; stty -a > before; echo at''once");
    ASSERT_TRUE(tmux().shows("atonce")) << tmux().screen();
  }

  void TearDown() override { tmux_.reset(); }

  Tmux& tmux() { return *tmux_; }

  // A line of shell that becomes the client: its pid is in the file `client`.
  void become(const std::string& client) { tmux().enter("sh -c 'echo $$ > client; exec $COPPICE " + client + "'"); }
  pid_t client() const { return std::stoi(text_of(folder() + "/client")); }

  // What is typed before the client is gone would be the job's.
  void await_shell() {
    EXPECT_TRUE(eventually([this] { return tmux().tell("#{pane_current_command}") == "sh"; })) << tmux().screen();
  }

  // The shell reads again, and its terminal is as it was: settings, screen, cursor.
  void expect_sane() {
    await_shell();
    const std::string word = std::to_string(++looks_);
    tmux().enter("stty -a > after; echo sane''again" + word);
    EXPECT_TRUE(tmux().shows("saneagain" + word)) << tmux().screen();
    const std::string before = text_of(folder() + "/before");
    EXPECT_TRUE(eventually([&] { return text_of(folder() + "/after") == before; }))
        << text_of(folder() + "/after") << "\ninstead of\n" << before << "\non\n" << tmux().screen();
    EXPECT_EQ(tmux().tell("#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{scroll_region_lower}"), "0 1 0 23");
  }

 private:
  int looks_ = 0;
  std::unique_ptr<Tmux> tmux_;
};

TEST_F(Terminal, an_editor_works_in_it) {
  tmux().enter("$COPPICE run --tty -- " + std::string(kEditor) + " -u NONE -N notes");
  ASSERT_TRUE(tmux().shows("~\n~\n")) << tmux().screen();
  tmux().type("ihello from");
  tmux().press({"Enter"});
  tmux().type("an editor");
  tmux().press({"Escape", "Up", "0"});
  tmux().type("iwell, ");
  tmux().press({"Escape"});
  ASSERT_TRUE(tmux().shows("well, hello from\nan editor")) << tmux().screen();
  tmux().enter(":wq");
  expect_sane();
  EXPECT_EQ(text_of(folder() + "/notes"), "well, hello from\nan editor\n");
}

TEST_F(Terminal, the_job_sees_the_size_and_its_changes) {
  tmux().enter("$COPPICE run --tty -- sh -c 'trap \"stty size\" WINCH; stty size; while :; do sleep 0.1; done'");
  ASSERT_TRUE(tmux().shows("\n24 80")) << tmux().screen();
  tmux().resize(100, 30);
  EXPECT_TRUE(tmux().shows("\n30 100")) << tmux().screen();
  tmux().press({"C-c"});
  EXPECT_TRUE(tmux().shows("SIGINT")) << tmux().screen();
}

TEST_F(Terminal, control_c_and_control_z_are_the_jobs) {
  tmux().enter("$COPPICE run --tty --env PS1='in> ' -- sh");
  ASSERT_TRUE(tmux().shows("\nin>")) << tmux().screen();
  tmux().enter("cat");
  tmux().enter("cat''hears");
  ASSERT_TRUE(tmux().shows("cat''hears\ncat''hears")) << tmux().screen();
  tmux().press({"C-c"});
  // Before that `cat` might still read the line.
  ASSERT_TRUE(tmux().shows("^C\nin>")) << tmux().screen();
  tmux().enter("echo code=$?");
  ASSERT_TRUE(tmux().shows("code=130")) << tmux().screen();
  tmux().enter("cat");
  tmux().enter("and''again");
  ASSERT_TRUE(tmux().shows("and''again\nand''again")) << tmux().screen();
  tmux().press({"C-z"});
  ASSERT_TRUE(eventually([this] {
    const std::string screen = tmux().screen();
    const std::size_t stopped = screen.find("Stopped");
    return stopped != std::string::npos && screen.find("\nin>", stopped) != std::string::npos;
  })) << tmux().screen();
  tmux().enter("exit");
  tmux().enter("exit 5");
  await_shell();
  tmux().enter("echo outer=$?");
  EXPECT_TRUE(tmux().shows("outer=5")) << tmux().screen();
  expect_sane();
}

TEST_F(Terminal, X3_a_command_that_is_over_at_once_is_seen_and_its_code_is_the_clients) {
  for (int code = 3; code < 8; ++code) {
    const std::string number = std::to_string(code);
    tmux().enter("$COPPICE run --tty -- sh -c 'echo fast''" + number + "; exit " + number + "'; echo code=$?");
    EXPECT_TRUE(tmux().shows("fast" + number + "\ncode=" + number)) << tmux().screen();
  }
}

TEST_F(Terminal, who_leaves_and_comes_back_sees_the_screen) {
  tmux().enter("$COPPICE start --tty --name shell --env PS1='in> ' -- sh; $COPPICE attach shell");
  ASSERT_TRUE(eventually([this] { return tmux().screen().find("in>") == 0; })) << tmux().screen();
  tmux().enter("echo mark$((20+3))");
  ASSERT_TRUE(tmux().shows("mark23\nin>")) << tmux().screen();
  tmux().press({"C-p", "C-q"});
  ASSERT_TRUE(tmux().shows("left shell")) << tmux().screen();
  expect_sane();
  tmux().enter("clear; echo cleared");
  ASSERT_TRUE(eventually([this] { return tmux().screen().find("cleared\n") == 0; })) << tmux().screen();
  tmux().enter("$COPPICE attach shell; echo code=$?");
  ASSERT_TRUE(tmux().shows("mark23\nin>")) << tmux().screen();
  tmux().enter("exit 7");
  EXPECT_TRUE(tmux().shows("code=7")) << tmux().screen();
  expect_sane();
}

TEST_F(Terminal, a_viewer_that_only_looks_leaves_with_control_c) {
  tmux().enter("$COPPICE start --tty --name shell -- sh -c 'echo sight; exec sleep 1000'");
  tmux().enter("clear; $COPPICE attach --read-only shell");
  ASSERT_TRUE(eventually([this] { return tmux().screen().find("sight") == 0; })) << tmux().screen();
  tmux().type("unheard");
  tmux().press({"C-c"});
  ASSERT_TRUE(tmux().shows("left shell")) << tmux().screen();
  EXPECT_EQ(tmux().screen().find("unheard"), std::string::npos);
  expect_sane();
}

TEST_F(Terminal, a_client_that_is_told_to_end_gives_the_terminal_back) {
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
    become("run --tty -- " + std::string(kEditor) + " -u NONE -N notes");
    ASSERT_TRUE(tmux().shows("~\n~\n")) << tmux().screen();
    ASSERT_EQ(::kill(client(), signal), 0);
    expect_sane();
    // The editor heard a hang-up, and nothing of it is left.
    EXPECT_TRUE(eventually([this] { return coppice({"ps"}).output.find(kEditor) == std::string::npos; }));
    tmux().enter("rm -f .notes.swp; clear");
  }
}

TEST_F(Terminal, a_daemon_that_dies_with_its_keeper_leaves_the_terminal_as_it_was) {
  tmux().enter("$COPPICE run --tty -- " + std::string(kEditor) + " -u NONE -N notes");
  ASSERT_TRUE(tmux().shows("~\n~\n")) << tmux().screen();
  const auto daemon = daemon_pid();
  ASSERT_TRUE(daemon);
  const pid_t keeper = cli_daemon::parent_of(*daemon);
  ASSERT_GT(keeper, 1);
  ASSERT_EQ(::kill(keeper, SIGKILL), 0);
  static_cast<void>(::kill(*daemon, SIGKILL));  // it may have gone with its keeper
  // Somebody may start it again; who does not want to wait for that says so.
  ASSERT_TRUE(tmux().shows("waiting for the daemon to come back")) << tmux().screen();
  tmux().press({"C-c"});
  ASSERT_TRUE(tmux().shows("once more leaves the job to it")) << tmux().screen();
  tmux().press({"C-c"});
  expect_sane();
}

TEST_F(Terminal, a_client_that_is_stopped_gives_the_terminal_back_and_draws_it_again) {
  tmux().enter("$COPPICE start --tty --name editor -- " + std::string(kEditor) + " -u NONE -N notes");
  become("attach editor");
  ASSERT_TRUE(tmux().shows("~\n~\n")) << tmux().screen();
  tmux().type("iwritten");
  ASSERT_TRUE(tmux().shows("written\n~")) << tmux().screen();
  ASSERT_EQ(::kill(client(), SIGTSTP), 0);
  ASSERT_TRUE(tmux().shows("Stopped")) << tmux().screen();
  expect_sane();
  tmux().enter("fg");
  ASSERT_TRUE(tmux().shows("written\n~")) << tmux().screen();
  tmux().press({"Escape"});
  tmux().enter(":wq");
  expect_sane();
  EXPECT_EQ(text_of(folder() + "/notes"), "written\n");
}

TEST_F(Terminal, without_a_terminal_it_is_refused_in_a_sentence) {
  const cli_daemon::Ended run = coppice({"run", "--tty", "--", "true"});
  EXPECT_EQ(run.code, 125);
  EXPECT_EQ(run.error,
            "coppice: coppice run --tty needs a terminal on standard input, and there is none: leave --tty out, or "
            "use coppice start --tty\n");
  const cli_daemon::Ended attach = coppice({"attach", "x"});
  EXPECT_EQ(attach.code, 125);
  EXPECT_NE(attach.error.find("coppice logs -f x"), std::string::npos);
}

TEST_F(Terminal, top_shows_what_runs_sorts_by_keys_and_gives_the_terminal_back) {
  tmux().enter("$COPPICE start --name idle -- sleep 1000; $COPPICE start --name busy --slice ci -- sh -c 'while :; do :; done'");
  become("top --interval 100ms");
  ASSERT_TRUE(tmux().shows("busy running")) << tmux().screen();
  EXPECT_TRUE(tmux().shows("2 jobs, CPU ")) << tmux().screen();
  EXPECT_EQ(tmux().tell("#{alternate_on} #{cursor_flag}"), "1 0");
  EXPECT_LT(tmux().screen().find("busy running"), tmux().screen().find("idle running")) << tmux().screen();
  tmux().type("t");
  EXPECT_TRUE(tmux().shows("\nci/ ")) << tmux().screen();
  tmux().type("q");
  expect_sane();
}

TEST_F(Terminal, top_ends_at_an_interrupt_and_gives_the_terminal_back) {
  tmux().enter("$COPPICE start --name idle -- sleep 1000");
  become("top --interval 100ms");
  ASSERT_TRUE(tmux().shows("idle running")) << tmux().screen();
  ::kill(client(), SIGTERM);
  expect_sane();
  become("top --interval 100ms");
  ASSERT_TRUE(tmux().shows("idle running")) << tmux().screen();
  tmux().press({"C-c"});
  expect_sane();
}

}  // namespace
}  // namespace coppice::cli_terminal
