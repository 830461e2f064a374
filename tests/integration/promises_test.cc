// Promises that only the whole shows: a real daemon, its keeper, real jobs, the API.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

class Promises : public WithDaemon {};

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

json passed(int index) { return {{"kind", "fd"}, {"fd", index}}; }

std::string id_of(const json& job) { return job["id"]; }

TEST_F(Promises, O1_200_jobs_write_a_mebibyte_each_that_nobody_reads_and_every_log_is_whole) {
  constexpr std::size_t kBytes = 1 << 20;
  std::vector<json> jobs;
  for (int i = 0; i < 200; ++i)
    jobs.push_back(start(client(), shell("head -c 1048576 /dev/zero | tr '\\0' 'x'")));
  for (const json& job : jobs) EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  for (const json& job : jobs) {
    const std::string log = log_of(client(), job);
    EXPECT_EQ(log.size(), kBytes);
    EXPECT_EQ(log.find_first_not_of('x'), std::string::npos);
  }
}

TEST_F(Promises, O1_error_follows_output_in_one_stream_and_in_order) {
  const json job = start(client(), shell("echo a; echo b >&2; echo c"));
  wait(client(), job);
  EXPECT_EQ(log_of(client(), job), "a\nb\nc\n");
}

TEST_F(Promises, O1_error_goes_to_a_log_of_its_own_when_asked) {
  json wanted = shell("echo a; echo b >&2");
  wanted["error"] = {{"kind", "log"}};
  const json job = start(client(), wanted);
  wait(client(), job);
  EXPECT_EQ(log_of(client(), job), "a\n");
  EXPECT_EQ(log_of(client(), job, "error"), "b\n");
}

TEST_F(Promises, O3_input_that_is_never_read_is_no_error) {
  json wanted = shell("exit 0");
  // "x" times three, many times.
  std::string data;
  for (int i = 0; i < 100'000; ++i) data += "eHh4";
  wanted["inputData"] = data;
  EXPECT_EQ(wait(client(), start(client(), wanted))["outcome"], "succeeded");
}

TEST_F(Promises, O3_input_that_is_read_arrives_whole) {
  json wanted = shell("wc -c");
  wanted["inputData"] = "aGVsbG8=";
  const json job = start(client(), wanted);
  wait(client(), job);
  EXPECT_EQ(log_of(client(), job), "5\n");
}

TEST_F(Promises, O4_a_passed_descriptor_keeps_its_flags_and_its_offset) {
  const std::string path = daemon_->folder() + "/passed";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(file.get(), "0123456789", 10), 10);
  ::lseek(file.get(), 4, SEEK_SET);
  const Pipe pipe;
  const int file_flags = ::fcntl(file.get(), F_GETFL);
  const int pipe_flags = ::fcntl(pipe.write.get(), F_GETFL);
  const auto unchanged = [&](const char* when) {
    EXPECT_EQ(::fcntl(file.get(), F_GETFL), file_flags) << when;
    EXPECT_EQ(::fcntl(pipe.write.get(), F_GETFL), pipe_flags) << when;
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 4) << when;
  };
  unchanged("before");
  json wanted = spec({"sleep", "1000"});
  wanted["input"] = passed(0);
  wanted["output"] = passed(1);
  const json job = start(client(), wanted, {file.get(), pipe.write.get()});
  unchanged("during");
  kill(client(), job);
  unchanged("after");
}

TEST_F(Promises, K6_the_end_does_not_wait_for_a_pipe_that_somebody_outside_holds) {
  // A second job inherits nothing, so the holder is this test: it gets the job's output by /proc.
  const json job = start(client(), shell("echo begun; sleep 1000"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), job) == "begun\n"; }));
  const std::string output = "/proc/" + std::to_string(job["mainPids"][0].get<pid_t>()) + "/fd/1";
  const UniqueFd held(::open(output.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(held) << "open " << output << ": " << errno;
  const json answer = kill(client(), job);
  EXPECT_EQ(answer["results"][id_of(job)]["outcome"], "killed");
  EXPECT_EQ(log_of(client(), job), "begun\n");
}

TEST_F(Promises, K7_leftovers_are_killed_and_listed) {
  const json job = start(client(), shell("setsid sleep 1000 & setsid sleep 1000 & sleep 0.2"));
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_EQ(result["leftovers"].size(), 2u);
}

TEST_F(Promises, K7_leftovers_are_waited_for_when_asked) {
  const Pipe pipe;
  // A shell gives /dev/null to what it runs in the background, so the input goes by another number.
  json wanted = shell("exec 3<&0; (read line <&3; echo last) & exit 0");
  wanted["stopping"] = {{"leftovers", "wait"}};
  wanted["input"] = passed(0);
  const json job = start(client(), wanted, {pipe.read.get()});
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}, {"timeout", 300}}).name, "TimedOut");
  ASSERT_EQ(::write(pipe.write.get(), "x\n", 2), 2);
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "succeeded");
  EXPECT_TRUE(result["leftovers"].empty());
  EXPECT_EQ(log_of(client(), job), "last\n");
}

TEST_F(Promises, K5_a_kill_of_a_job_that_has_ended_reports_its_natural_end) {
  const json job = start(client(), shell("exit 7"));
  wait(client(), job);
  const json answer = kill(client(), job);
  EXPECT_EQ(answer["results"][id_of(job)]["outcome"], "failed");
  EXPECT_EQ(answer["results"][id_of(job)]["exits"][0]["code"], 7);
  EXPECT_TRUE(answer["killed"].empty());
}

TEST_F(Promises, a_slice_is_killed_with_all_that_is_in_it_and_serves_again) {
  const auto in_slice = [](const char* slice) {
    json wanted = spec({"sleep", "1000"});
    wanted["slice"] = slice;
    return wanted;
  };
  for (int i = 0; i < 5; ++i) start(client(), in_slice("ci/a"));
  start(client(), in_slice("ci/b"));
  const json other = start(client(), in_slice("other"));
  EXPECT_EQ(call(client(), "Kill", {{"slice", "ci"}})["results"].size(), 6u);
  EXPECT_EQ(state_of(client(), other), "running");
  EXPECT_EQ(failure(client(), "Kill", {{"slice", "ci"}}).name, "NoSuchSlice");
  EXPECT_EQ(state_of(client(), start(client(), in_slice("ci/a"))), "running");
}

TEST_F(Promises, X3_a_failed_job_is_an_error_that_carries_the_whole_result) {
  const json job = start(client(), shell("exit 3"));
  const Failure failed = failure(client(), "Wait", {{"job", ref(job)}});
  EXPECT_EQ(failed.name, "JobFailed");
  EXPECT_EQ(failed.parameters["result"]["exits"][0]["code"], 3);
  EXPECT_EQ(wait(client(), job)["outcome"], "failed");
}

TEST_F(Promises, S5_a_failed_start_names_step_errno_and_path) {
  json wanted = spec({"true"});
  wanted["workingDirectory"] = "/nowhere";
  const Failure failed = failure(client(), "Start", {{"spec", wanted}});
  EXPECT_EQ(failed.name, "StartFailed");
  EXPECT_EQ(failed.parameters["step"], "chdir");
  EXPECT_EQ(failed.parameters["name"], "ENOENT");
  EXPECT_EQ(failed.parameters["path"], "/nowhere");
}

TEST_F(Promises, a_stop_is_polite_first_and_kills_after_the_grace_period) {
  const json deaf = start(client(), shell("trap '' TERM; echo deaf; while :; do sleep 1; done"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), deaf) == "deaf\n"; }));
  const json stopping = {{"grace", 200}};
  const json answer = call(client(), "Stop", {{"job", ref(deaf)}, {"stopping", stopping}});
  const json result = answer["results"][id_of(deaf)];
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGKILL");

  const json polite = start(client(), shell("trap 'exit 5' TERM; echo here; while :; do sleep 0.05; done"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), polite) == "here\n"; }));
  const json kind = call(client(), "Stop", {{"job", ref(polite)}});
  EXPECT_EQ(kind["results"][id_of(polite)]["exits"][0]["code"], 5);
}

TEST_F(Promises, a_frozen_job_stands_still_and_a_thawed_one_goes_on) {
  const Pipe pipe;
  json wanted = shell("read line; echo got it");
  wanted["input"] = passed(0);
  const json job = start(client(), wanted, {pipe.read.get()});
  call(client(), "Freeze", {{"job", ref(job)}});
  EXPECT_EQ(state_of(client(), job), "frozen");
  ASSERT_EQ(::write(pipe.write.get(), "x\n", 2), 2);
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}, {"timeout", 200}}).name, "TimedOut");
  call(client(), "Thaw", {{"job", ref(job)}});
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
}

TEST_F(Promises, a_job_bound_to_its_connection_ends_with_it) {
  json wanted = spec({"sleep", "1000"});
  wanted["lifetime"] = {{"bound", "connection"}};
  json job;
  {
    auto other = daemon_->connect();
    job = start(other, wanted);
    EXPECT_EQ(state_of(client(), job), "running");
  }
  EXPECT_EQ(wait(client(), job)["outcome"], "stopped");
}

TEST_F(Promises, a_subscriber_sees_every_event_once_and_may_resume) {
  auto subscriber = daemon_->connect();
  subscriber.send("io.coppice.Jobs.Subscribe", {{"since", 0}}, varlink::Mode::more);
  const json job = start(client(), spec({"true"}));
  wait(client(), job);
  std::vector<std::string> events;
  std::int64_t last = 0;
  while (events.empty() || events.back() != "ended") {
    const varlink::Reply reply = next_reply(subscriber);
    EXPECT_EQ(reply.parameters()["sequence"], last + 1);
    last = reply.parameters()["sequence"];
    events.push_back(reply.parameters()["event"]);
  }
  EXPECT_EQ(events, (std::vector<std::string>{"started", "ready", "ended"}));
  auto second = daemon_->connect();
  second.send("io.coppice.Jobs.Subscribe", {{"since", last - 1}}, varlink::Mode::more);
  EXPECT_EQ(next_reply(second).parameters()["event"], "ended");
}

TEST_F(Promises, A3_hostile_bytes_cost_their_connection_and_nothing_else) {
  const std::string attacks[] = {"{", std::string("\0", 1), std::string("[]\0", 3), std::string("\xff\xfe\0", 3),
                                 std::string("{\"method\":1}\0", 13), std::string(100'000, '['),
                                 std::string("{\"method\":\"a\",\"method\":\"b\"}\0", 28)};
  for (const std::string& bytes : attacks) {
    auto attacker = daemon_->connect();
    static_cast<void>(::send(attacker.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    ::shutdown(attacker.descriptor(), SHUT_WR);
    char answer[4096];
    while (::recv(attacker.descriptor(), answer, sizeof answer, 0) > 0) {
    }
    EXPECT_EQ(wait(client(), start(client(), spec({"true"})))["outcome"], "succeeded");
  }
}

TEST_F(Promises, D3_sigterm_ends_jobs_by_their_policy_and_the_daemon_exits_0) {
  const std::string mark = "COPPICE_TEST=" + random_word();
  json wanted = shell("setsid sleep 1000 & sleep 1000");
  wanted["environment"]["COPPICE_TEST"] = mark.substr(mark.find('=') + 1);
  for (int i = 0; i < 20; ++i) start(client(), wanted);
  EXPECT_FALSE(marked(mark).empty());
  const auto status = daemon_->end();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0) << daemon_->said();
  EXPECT_TRUE(marked(mark).empty());
  EXPECT_FALSE(exists(daemon_->socket()));
}

TEST_F(Promises, D4_a_second_daemon_on_the_same_directory_is_refused_with_the_remedy) {
  const std::string log = daemon_->folder() + "/second";
  Process second({"--socket", daemon_->folder() + "/other", "--state", daemon_->folder() + "/state",
                  "--runtime", daemon_->folder() + "/run"},
                 log);
  EXPECT_FALSE(second.await_ready());
  const auto status = second.await_end();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) != 0);
  EXPECT_NE(read_text(log).find("/state"), std::string::npos) << read_text(log);
  EXPECT_NE(read_text(log).find("--state"), std::string::npos) << read_text(log);
  EXPECT_EQ(wait(client(), start(client(), spec({"true"})))["outcome"], "succeeded");
}

TEST_F(Promises, D4_a_state_directory_that_cannot_be_made_is_refused_with_the_remedy) {
  const std::string log = daemon_->folder() + "/second";
  Process second({"--socket", daemon_->folder() + "/other", "--state", "/proc/coppice", "--runtime",
                  daemon_->folder() + "/run"},
                 log);
  EXPECT_FALSE(second.await_ready());
  ASSERT_TRUE(second.await_end());
  EXPECT_NE(read_text(log).find("/proc/coppice"), std::string::npos) << read_text(log);
  EXPECT_NE(read_text(log).find("--state"), std::string::npos) << read_text(log);
}

TEST_F(Promises, D5_a_shortage_of_descriptors_fails_one_request_and_the_daemon_goes_on) {
  // As many as it has now, and a few: enough for some jobs.
  const rlimit limit{descriptors_of(daemon_->supervisor()) + 12, 4096};
  ASSERT_EQ(::prlimit(daemon_->supervisor(), RLIMIT_NOFILE, &limit, nullptr), 0);
  std::vector<json> started;
  Failure refused;
  for (int i = 0; i < 50 && refused.name.empty(); ++i) {
    refused = failure(client(), "Start", {{"spec", spec({"sleep", "1000"})}});
  }
  EXPECT_EQ(refused.name, "Exhausted") << refused.parameters;
  EXPECT_NE(refused.parameters["resource"].get<std::string>().find("descriptors"), std::string::npos);
  const rlimit enough{4096, 4096};
  ASSERT_EQ(::prlimit(daemon_->supervisor(), RLIMIT_NOFILE, &enough, nullptr), 0);
  call(client(), "Kill", {{"slice", ""}});
  EXPECT_EQ(wait(client(), start(client(), spec({"true"})))["outcome"], "succeeded");
}

TEST_F(Promises, what_is_not_there_yet_is_refused_by_its_name) {
  json wanted = spec({"true"});
  wanted["containmentRequired"] = "pid_namespace";
  EXPECT_EQ(failure(client(), "Start", {{"spec", wanted}}).name, "ContainmentUnavailable");
  const json job = start(client(), spec({"sleep", "1000"}));
  const json limits = {{"rlimits", {{"nofile", {{"soft", 1}, {"hard", 1}}}}}};
  EXPECT_EQ(failure(client(), "SetLimits", {{"job", ref(job)}, {"limits", limits}}).name, "LimitUnavailable");
  EXPECT_EQ(failure(client(), "Wait", {{"job", {{"id", "nope"}}}}).name, "NoSuchJob");
}

TEST_F(Promises, a_removed_job_is_forgotten_and_a_live_one_is_not_removed) {
  const json live = start(client(), spec({"sleep", "1000"}));
  EXPECT_EQ(failure(client(), "Remove", {{"job", ref(live)}}).name, "WrongState");
  kill(client(), live);
  EXPECT_EQ(call(client(), "Remove", {{"job", ref(live)}})["removed"], 1);
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(live)}}).name, "NoSuchJob");
}

}  // namespace
}  // namespace coppice::support
