// The daemon as a service, with sockets in place of the service manager's and the journal's.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "tests/journal/fake_journal.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/systemd/manager.h"

namespace coppice::support {
namespace {

constexpr char kLines[] = "for i in $(seq 1 400); do echo line $i; sleep 0.02; done; exit 7";

std::string lines() {
  std::string text;
  for (int i = 1; i <= 400; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

class Service : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    manager_.emplace(folder_.path() + "/notify");
  }

  // A variable that is set twice has the first value for those that look for it from the beginning.
  Setting setting(std::vector<std::string> arguments = {}, std::vector<std::string> environment = {}) const {
    Setting setting;
    setting.arguments = std::move(arguments);
    setting.environment = std::move(environment);
    setting.environment.push_back("NOTIFY_SOCKET=" + manager_->path());
    return setting;
  }

  Folder folder_;
  std::optional<FakeManager> manager_;
};

TEST_F(Service, tells_when_it_is_ready_what_it_does_and_that_it_ends) {
  Daemon daemon(setting({"--stop-timeout", "20000"}));
  EXPECT_EQ(manager_->next(), "READY=1\nMAINPID=" + std::to_string(daemon.keeper()));
  EXPECT_EQ(manager_->next(), "STATUS=no jobs");
  varlink::Client client = daemon.connect();
  const json job = start(client, shell("trap '' TERM; sleep 1000"));
  EXPECT_EQ(manager_->next(), "STATUS=1 job");
  call(client, "Kill", {{"job", ref(job)}});
  EXPECT_EQ(manager_->next_with("no jobs"), "STATUS=no jobs");
  EXPECT_EQ(daemon.end(), 0);
  // And what ending takes beyond that.
  EXPECT_EQ(manager_->next_with("STOPPING"), "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000");
}

TEST_F(Service, A2_it_speaks_in_the_name_of_the_main_process_so_that_nobody_else_has_to_be_listened_to) {
  Daemon daemon(setting({"--watchdog", "60"}));
  for (const char* words : {"READY=1", "STATUS=", "WATCHDOG=1"}) {
    manager_->next_with(words);
    EXPECT_EQ(manager_->sender(), daemon.keeper()) << words;
  }
}

TEST_F(Service, D1_a_stopped_supervisor_is_replaced_and_no_job_loses_anything) {
  Daemon daemon(setting({"--watchdog", "2"}));
  varlink::Client client = daemon.connect();
  const json job = start(client, shell(kLines));
  manager_->next_with("WATCHDOG=1");
  const pid_t stopped = daemon.supervisor();
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  manager_->next_with("READY=1");
  EXPECT_NE(daemon.await_supervisor(), stopped);
  varlink::Client again = daemon.connect();
  const json result = wait(again, job);
  EXPECT_EQ(result["outcome"], "failed");
  EXPECT_EQ(result["exits"][0]["code"], 7);
  EXPECT_EQ(log_of(again, job), lines());
  // The chain is whole again.
  manager_->next_with("WATCHDOG=1");
  EXPECT_NE(daemon.said().find("no sign of life for 2000 ms: aborted"), std::string::npos) << daemon.said();
}

TEST_F(Service, the_watchdog_that_systemd_asks_for_is_kept_content) {
  // Half of it is the keeper's patience, half of that is between two signs. WATCHDOG_PID is absent: it is meant for all.
  Daemon daemon(setting({}, {"WATCHDOG_USEC=12000000"}));
  const pid_t supervisor = daemon.supervisor();
  for (int i = 0; i < 4; ++i) manager_->next_with("WATCHDOG=1");
  EXPECT_EQ(daemon.supervisor(), supervisor);
  const std::string words = read_text("/proc/" + std::to_string(daemon.keeper()) + "/cmdline");
  EXPECT_NE(words.find(std::string("--watchdog\0006000", 15)), std::string::npos) << words;
}

TEST_F(Service, a_watchdog_that_is_asked_of_somebody_else_is_not_kept) {
  Daemon daemon(setting({}, {"WATCHDOG_USEC=12000000", "WATCHDOG_PID=1"}));
  const std::string words = read_text("/proc/" + std::to_string(daemon.keeper()) + "/cmdline");
  EXPECT_EQ(words.find("--watchdog"), std::string::npos) << words;
}

TEST_F(Service, D1_after_the_death_of_the_keeper_the_manager_is_told_who_is_the_main_process) {
  Daemon daemon(setting({"--watchdog", "60"}));
  varlink::Client client = daemon.connect();
  const json job = start(client, shell(kLines));
  const pid_t heir = daemon.supervisor();
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, heir, 0)));
  ASSERT_TRUE(pidfd);
  manager_->next_with("READY=1");
  ASSERT_EQ(::kill(daemon.keeper(), SIGKILL), 0);
  EXPECT_EQ(manager_->next_with("READY=1"), "READY=1\nMAINPID=" + std::to_string(heir));
  varlink::Client again = daemon.connect();
  EXPECT_EQ(wait(again, job)["exits"][0]["code"], 7);
  // The new keeper goes on with what the old one was told.
  manager_->next_with("WATCHDOG=1");
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGTERM, nullptr, 0);
  manager_->next_with("STOPPING=1");
  EXPECT_TRUE(eventually([&] { return ::syscall(SYS_pidfd_send_signal, pidfd.get(), 0, nullptr, 0) != 0; }));
}

TEST_F(Service, jobs_get_nothing_of_what_the_manager_tells_the_daemon) {
  Daemon daemon(setting({}, {"WATCHDOG_USEC=60000000", "INVOCATION_ID=1234", "JOURNAL_STREAM=1:2", "LISTEN_PID=1",
                             "LISTEN_FDS=1", "SYSTEMD_EXEC_PID=1", "KEPT=yes"}));
  varlink::Client client = daemon.connect();
  json wanted = spec({"/usr/bin/env"});
  wanted["inheritEnvironment"] = true;
  const json job = start(client, wanted);
  EXPECT_EQ(wait(client, job)["outcome"], "succeeded");
  const std::string variables = "\n" + log_of(client, job);
  EXPECT_NE(variables.find("\nKEPT=yes\n"), std::string::npos) << variables;
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_", "SYSTEMD_EXEC_PID",
                           "COPPICE_KEEPER"})
    EXPECT_EQ(variables.find(std::string("\n") + name), std::string::npos) << variables;
}

// Its standard error is a file that JOURNAL_STREAM names.
class Journaled : public Service {
 protected:
  void SetUp() override {
    Service::SetUp();
    if (IsSkipped()) return;
    journal_.emplace(folder_.path() + "/journal");
    const std::string log = folder_.path() + "/log";
    const UniqueFd file(::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    struct stat status {};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    Setting journaled = setting({"--socket", socket(), "--state", folder_.path() + "/state", "--runtime",
                                 folder_.path() + "/run", "--journal", journal_->path()});
    journaled.environment.push_back("JOURNAL_STREAM=" + std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino));
    process_.emplace(journaled, log);
    ASSERT_TRUE(process_->await_ready()) << read_text(log);
  }

  void TearDown() override {
    if (!process_) return;
    process_->signal(SIGTERM);
    EXPECT_EQ(process_->await_end(), 0);
  }

  std::string socket() const { return folder_.path() + "/s"; }
  varlink::Client connect() const { return varlink::Client::connect(varlink::parse_address(socket())); }

  JournalEntry next_of(const std::string& job) {
    while (true) {
      JournalEntry entry = journal_->take(1).at(0);
      if (const auto found = entry.find("COPPICE_JOB"); found != entry.end() && found->second == job) return entry;
    }
  }

  std::optional<FakeJournal> journal_;
  std::optional<Process> process_;
};

TEST_F(Journaled, the_start_and_the_end_of_a_job_are_found_by_its_id) {
  varlink::Client client = connect();
  json wanted = shell("echo $$; exit 3");
  wanted["slice"] = "ci/build";
  const json job = start(client, wanted);
  const JournalEntry began = next_of(job["id"]);
  EXPECT_EQ(began.at("COPPICE_SLICE"), "ci/build");
  EXPECT_EQ(wait(client, job)["outcome"], "failed");
  EXPECT_EQ(began.at("OBJECT_PID") + "\n", log_of(client, job));
  EXPECT_EQ(began.at("SYSLOG_IDENTIFIER"), "coppiced");
  EXPECT_EQ(began.at("PRIORITY"), "6");
  EXPECT_NE(began.at("MESSAGE").find("started: "), std::string::npos) << began.at("MESSAGE");
  const JournalEntry ended = next_of(job["id"]);
  EXPECT_EQ(ended.at("COPPICE_SLICE"), "ci/build");
  EXPECT_TRUE(ended.at("MESSAGE").ends_with("ended: failed, exit status 3")) << ended.at("MESSAGE");
}

TEST_F(Journaled, a_journal_that_is_gone_leaves_the_lines_on_standard_error) {
  journal_.reset();
  varlink::Client client = connect();
  const json job = start(client, shell("true"));
  EXPECT_TRUE(eventually([&] {
    return read_text(folder_.path() + "/log").find("job " + job["id"].get<std::string>()) != std::string::npos;
  }));
}

}  // namespace
}  // namespace coppice::support
