// coppiced with files of settings: at its start, and while it runs.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void write(const std::string& path, const std::string& text) {
  const std::string aside = path + ".new";
  std::ofstream(aside) << text;
  std::filesystem::rename(aside, path);
}

// What coppiced prints and how it ends, for questions that it answers without running.
struct Answer {
  int code = -1;
  std::string text;
};

class Questions : public testing::Test {
 protected:
  Answer ask(const std::string& arguments) const {
    const std::string line = "daemon/coppiced " + arguments + " > " + folder_.path() + "/answer 2>&1";
    Answer answer;
    answer.code = WEXITSTATUS(std::system(line.c_str()));
    answer.text = read_text(folder_.path() + "/answer");
    return answer;
  }
  std::string file() const { return folder_.path() + "/c.toml"; }

  Folder folder_;
};

TEST_F(Questions, print_config_tells_what_counts_and_where_it_comes_from) {
  write(file(), "restarts = 3\nstop-timeout = \"7s\"");
  const Answer answer = ask("--config " + file() + " --restarts 4 --print-config");
  EXPECT_EQ(answer.code, 0);
  const auto line_of = [&](const std::string& key) {
    const std::size_t at = answer.text.find(key + " = ");
    return at == std::string::npos ? "" : answer.text.substr(at, answer.text.find('\n', at) - at);
  };
  EXPECT_TRUE(line_of("restarts").starts_with("restarts = 4 ") && line_of("restarts").ends_with("# the command line"));
  EXPECT_TRUE(line_of("stop-timeout").starts_with("stop-timeout = \"7s\" "));
  EXPECT_TRUE(line_of("stop-timeout").ends_with("# " + file() + ":2")) << answer.text;
  EXPECT_TRUE(line_of("at-shutdown").ends_with("# default")) << answer.text;
}

TEST_F(Questions, D4_check_config_tells_every_mistake_and_fails) {
  write(file(), "stop-timout = \"7s\"\nrestarts = 0");
  const Answer wrong = ask("--check-config " + file());
  EXPECT_EQ(wrong.code, 1);
  EXPECT_TRUE(contains(wrong.text, file() + ":1: key \"stop-timout\" is unknown: did you mean \"stop-timeout\"?")) << wrong.text;
  EXPECT_TRUE(contains(wrong.text, file() + ":2: key \"restarts\"")) << wrong.text;
  write(file(), "restarts = 2");
  EXPECT_EQ(ask("--check-config " + file()).code, 0);
  EXPECT_EQ(ask("--config " + file() + " --check-config").code, 0);
  EXPECT_EQ(ask("--check-config " + file() + ".no").code, 1);
}

TEST_F(Questions, the_manual_page_has_no_mistake_that_man_finds) {
  const Answer page = ask("--config-manual");
  EXPECT_EQ(page.code, 0);
  ASSERT_TRUE(page.text.starts_with(".\\\"")) << page.text.substr(0, 80);
  if (std::system("command -v groff > /dev/null 2>&1") != 0) GTEST_SKIP() << "needs groff";
  write(file(), page.text);
  const std::string check = "groff -man -Tutf8 -ww -z " + file() + " > " + folder_.path() + "/said 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0);
  EXPECT_EQ(read_text(folder_.path() + "/said"), "");
}

TEST_F(Questions, D4_the_command_line_is_checked_by_the_same_table) {
  const Answer wrong = ask("--config /dev/null --stop-timeout 2d --print-config");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(contains(wrong.text, "--stop-timeout: expected a duration")) << wrong.text;
  EXPECT_TRUE(contains(ask("--config /dev/null --stop-timeout 1500 --print-config").text, "stop-timeout = \"1500ms\""));
  EXPECT_TRUE(contains(ask("--config /dev/null --history-max-age 60 --print-config").text, "history.max-age = \"1m\""));
}

class Reloading : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    begin("");
  }

  void begin(const std::string& settings) {
    client_.reset();
    daemon_.reset();
    Setting setting;
    setting.prepare = [&](const std::string& folder) { write(folder + "/coppiced.toml", settings); };
    daemon_.emplace(setting);
    client_.emplace(daemon_->connect());
  }

  void settings(const std::string& text) const { write(daemon_->settings_file(), text); }
  varlink::Client& client() { return *client_; }

  varlink::Reply reload() {
    client().send("io.coppice.Daemon.Reload", json::object());
    return next_reply(client());
  }
  json reloaded() {
    const varlink::Reply reply = reload();
    reply.throw_if_failed();
    return reply.parameters();
  }

  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
};

TEST_F(Reloading, D4_a_daemon_with_wrong_settings_is_not_started_and_says_why) {
  try {
    begin("stop-timout = \"3s\"\n[quotas]\nlive-jobs = -1\n");
    FAIL() << "it has started";
  } catch (const std::runtime_error& refused) {
    const std::string said = refused.what();
    EXPECT_TRUE(contains(said, "coppiced.toml:1: key \"stop-timout\" is unknown")) << said;
    EXPECT_TRUE(contains(said, "coppiced.toml:3: key \"quotas.live-jobs\"")) << said;
  }
}

TEST_F(Reloading, a_reload_tells_what_has_changed_and_what_waits_for_a_start) {
  EXPECT_EQ(reloaded(), (json{{"changed", json::array()}, {"needsRestart", json::array()}}));
  settings("stop-timeout = \"9s\"\nrestarts = 4\n[quotas.user.nobody]\nlive-jobs = 3\n[history]\nmax-jobs = 50\n");
  EXPECT_EQ(reloaded(), (json{{"changed", {"stop-timeout", "history.max-jobs", "quotas.user.nobody"}},
                              {"needsRestart", {"restarts"}}}));
  // What waits is told again.
  EXPECT_EQ(reloaded(), (json{{"changed", json::array()}, {"needsRestart", {"restarts"}}}));
  EXPECT_TRUE(contains(daemon_->said(), "changed: stop-timeout, history.max-jobs")) << daemon_->said();
}

TEST_F(Reloading, bounds_of_the_history_count_at_once) {
  for (int i = 0; i < 3; ++i) wait(client(), start(client(), spec({"true"})));
  const auto ended = [this] {
    client().send("io.coppice.Jobs.History", json::object(), varlink::Mode::more);
    int count = 0;
    for (bool more = true; more; ++count) {
      const varlink::Reply reply = next_reply(client());
      reply.throw_if_failed();
      more = reply.continues();
    }
    return count;
  };
  ASSERT_GE(ended(), 3);
  settings("[history]\nmax-jobs = 1\n");
  EXPECT_EQ(reloaded().at("changed"), json::array({"history.max-jobs"}));
  EXPECT_TRUE(eventually([&] { return ended() <= 1; }));
}

TEST_F(Reloading, mistakes_change_nothing_and_are_all_told) {
  settings("stop-timeout = \"9s\"\nat-shutdwn = \"leave\"\nrestarts = 0\n");
  const varlink::Reply reply = reload();
  EXPECT_EQ(reply.error(), "io.coppice.Daemon.ReloadRefused");
  const json problems = reply.parameters().at("problems");
  ASSERT_EQ(problems.size(), 2u) << problems;
  EXPECT_TRUE(contains(problems.dump(), "coppiced.toml:2: key")) << problems;
  EXPECT_TRUE(contains(daemon_->said(), "coppiced.toml:3: key")) << daemon_->said();
  // The one that was right has not been taken over either: it is new to the next reload.
  settings("stop-timeout = \"9s\"\n");
  EXPECT_EQ(reloaded().at("changed"), json::array({"stop-timeout"}));
}

TEST_F(Reloading, sighup_reloads_and_ends_nothing) {
  settings("stop-timeout = \"9s\"\n");
  const json job = start(client(), spec({"sleep", "1000"}));
  // The process that a service manager knows.
  ASSERT_EQ(::kill(daemon_->keeper(), SIGHUP), 0);
  EXPECT_TRUE(eventually([&] { return contains(daemon_->said(), "changed: stop-timeout"); })) << daemon_->said();
  settings("nonsense");
  ASSERT_EQ(::kill(daemon_->supervisor(), SIGHUP), 0);
  EXPECT_TRUE(eventually([&] { return contains(daemon_->said(), "stay as they were"); })) << daemon_->said();
  EXPECT_EQ(state_of(client(), job), "running");
  kill(client(), job);
}

TEST_F(Reloading, what_becomes_of_jobs_at_the_end_is_as_it_was_read_last) {
  begin("at-shutdown = \"leave\"\n");
  const json job = start(client(), spec({"sleep", "1000"}));
  settings("at-shutdown = \"stop\"\n");
  EXPECT_EQ(reloaded().at("changed"), json::array({"at-shutdown"}));
  const int pid = job.at("mainPids").at(0);
  ASSERT_EQ(daemon_->end(), 0);
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(Reloading, D1_a_supervisor_that_dies_while_the_settings_are_wrong_is_followed_by_one_with_those_of_the_start) {
  const json job = start(client(), spec({"sleep", "1000"}));
  settings("state = \"/nowhere/at/all\"\nstop-timeout = 3\n");
  ASSERT_TRUE(daemon_->kill_supervisor());
  daemon_->await_supervisor();
  client_.emplace(daemon_->connect());
  EXPECT_EQ(state_of(client(), job), "running");
  EXPECT_TRUE(contains(daemon_->said(), "those of the daemon's start are kept")) << daemon_->said();
  kill(client(), job);
}

TEST_F(Reloading, others_than_root_may_not) {
  ASSERT_EQ(::chmod(daemon_->folder().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  client_.emplace(daemon_->connect());
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(reload().error(), "io.coppice.Daemon.PermissionDenied");
  EXPECT_TRUE(eventually([&] { return contains(daemon_->said(), "io.coppice.Daemon.Reload: denied"); })) << daemon_->said();
}

}  // namespace
}  // namespace coppice::support
