// Streams of kind journal, with a socket in place of journald's.
#include <fcntl.h>
#include <unistd.h>

#include "tests/journal/fake_journal.h"
#include "tests/streams/fixture.h"

namespace coppice::support {
namespace {

class Journal : public Streams {
 protected:
  void SetUp() override {
    if (const std::string reason = missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
    journal_.emplace(folder_.path() + "/journal");
    start_daemon({"--journal", journal_->path()});
  }

  static json to_journal(json wanted) {
    wanted["output"] = stream("journal");
    return wanted;
  }

  std::string next_message() { return journal_->take(1).at(0).at("MESSAGE"); }

  Folder folder_;
  std::optional<FakeJournal> journal_;
};

TEST_F(Journal, each_line_is_an_entry_with_the_jobs_fields) {
  json wanted = to_journal(shell("echo one; echo two >&2"));
  wanted["name"] = "speaker";
  wanted["slice"] = "ci/build-1";
  const json job = start(client(), wanted);
  const auto entries = journal_->take(2);
  EXPECT_EQ(entries[0].at("MESSAGE"), "one");
  // It follows the output: one stream, one priority.
  EXPECT_EQ(entries[1].at("MESSAGE"), "two");
  for (const JournalEntry& entry : entries) {
    EXPECT_EQ(entry.at("PRIORITY"), "6");
    EXPECT_EQ(entry.at("SYSLOG_IDENTIFIER"), "coppice-speaker");
    EXPECT_EQ(entry.at("COPPICE_JOB"), job["id"]);
    EXPECT_EQ(entry.at("COPPICE_NAME"), "speaker");
    EXPECT_EQ(entry.at("COPPICE_SLICE"), "ci/build-1");
    EXPECT_EQ(entry.at("COPPICE_STREAM"), "output");
    EXPECT_EQ(entry.at("COPPICE_UID"), "0");
  }
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
}

TEST_F(Journal, a_job_without_a_name_goes_by_its_id) {
  const json job = start(client(), to_journal(shell("echo x")));
  const JournalEntry entry = journal_->take(1).at(0);
  EXPECT_EQ(entry.at("SYSLOG_IDENTIFIER"), "coppice-" + job["id"].get<std::string>());
  EXPECT_EQ(entry.count("COPPICE_NAME"), 0u);
  EXPECT_EQ(entry.count("COPPICE_SLICE"), 0u);
}

TEST_F(Journal, error_alone_goes_there_as_a_warning) {
  json wanted = shell("echo out; echo err >&2");
  wanted["error"] = stream("journal");
  const json job = start(client(), wanted);
  const JournalEntry entry = journal_->take(1).at(0);
  EXPECT_EQ(entry.at("MESSAGE"), "err");
  EXPECT_EQ(entry.at("PRIORITY"), "4");
  EXPECT_EQ(entry.at("COPPICE_STREAM"), "error");
  wait(client(), job);
  EXPECT_EQ(log_of(client(), job), "out\n");
  EXPECT_TRUE(journal_->empty());
}

TEST_F(Journal, any_bytes_long_lines_and_a_last_line_without_an_end_arrive) {
  const json job = start(client(), to_journal(shell("printf '\\377\\n'; head -c 100000 /dev/zero | tr '\\0' x; "
                                                    "echo; printf end")));
  EXPECT_EQ(next_message(), "\xff");
  std::string line;
  while (line.size() < 100000) line += next_message();
  EXPECT_EQ(line, std::string(100000, 'x'));
  EXPECT_EQ(next_message(), "end");
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
}

TEST_F(Journal, O2_thousands_of_lines_arrive_in_order_before_the_job_is_over) {
  constexpr int kLines = 20'000;
  const json job = start(client(), to_journal(spec({"seq", "1", std::to_string(kLines)})));
  for (int i = 1; i <= kLines; ++i) ASSERT_EQ(next_message(), std::to_string(i));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_FALSE(result.contains("logDropped"));
}

TEST_F(Journal, O1_a_journal_that_takes_nothing_holds_no_job_up_and_the_result_tells) {
  const json job = start(client(), to_journal(spec({"seq", "1", "200000"})));
  const json other = start(client(), spec({"seq", "1", "200000"}));
  EXPECT_EQ(wait(client(), other)["outcome"], "succeeded");
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_GT(result["logDropped"], 0);
}

TEST_F(Journal, K6_the_end_does_not_wait_for_a_pipe_that_somebody_outside_holds) {
  const json job = start(client(), to_journal(shell("echo begun; sleep 1000")));
  EXPECT_EQ(next_message(), "begun");
  const std::string output = "/proc/" + std::to_string(main_pid(job)) + "/fd/1";
  const UniqueFd held(::open(output.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(held);
  write_all(held.get(), "last");
  const json answer = kill(client(), job);
  EXPECT_EQ(answer["results"][job["id"].get<std::string>()]["outcome"], "killed");
  EXPECT_EQ(next_message(), "last");
}

TEST_F(Journal, nothing_is_kept_when_the_job_is_over) {
  kill(client(), start(client(), to_journal(spec({"sleep", "1000"}))));
  const std::size_t before = descriptors_of(supervisor());
  for (int i = 0; i < 20; ++i) kill(client(), start(client(), to_journal(spec({"sleep", "1000"}))));
  EXPECT_TRUE(eventually([&] { return descriptors_of(supervisor()) <= before; }));
}

TEST_F(Journal, where_there_is_none_the_start_is_refused_with_the_remedy) {
  journal_.reset();
  for (const std::string name : {"output", "error"}) {
    json wanted = spec({"true"});
    wanted[name] = stream("journal");
    const Failure refusal = failure(client(), "Start", {{"spec", wanted}});
    EXPECT_EQ(refusal.name, "InvalidSpec");
    EXPECT_EQ(refusal.parameters["field"], "spec." + name + ".kind");
    const std::string reason = refusal.parameters["reason"];
    EXPECT_NE(reason.find(folder_.path() + "/journal"), std::string::npos) << reason;
    EXPECT_NE(reason.find("use kind log"), std::string::npos) << reason;
  }
}

TEST_F(Journal, its_output_is_in_no_log) {
  const json job = start(client(), to_journal(spec({"true"})));
  wait(client(), job);
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}}).name, "WrongState");
}

}  // namespace
}  // namespace coppice::support
