// The history of a daemon, before and after a restart.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>

#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

using Ids = std::vector<std::string>;
namespace fs = std::filesystem;

class DaemonHistory : public WithDaemon {
 protected:
  // Ends the daemon and starts another one on the same directories.
  void restart(const std::vector<std::string>& more = {}) {
    restart_after([] {}, more);
  }
  void restart_after(const std::function<void()>& between, const std::vector<std::string>& more = {}) {
    client_.reset();
    const auto status = second_ ? end_second() : daemon_->end();
    ASSERT_EQ(status, 0);
    between();
    std::vector<std::string> arguments = daemon_->arguments();
    arguments.insert(arguments.end(), more.begin(), more.end());
    second_ = std::make_unique<Process>(arguments, daemon_->folder() + "/stderr");
    ASSERT_TRUE(second_->await_ready()) << daemon_->said();
    client_.emplace(daemon_->connect());
  }
  void TearDown() override {
    client_.reset();
    if (second_) {
      EXPECT_EQ(end_second(), 0);
    }
  }

  json run_job(const json& spec) {
    const json job = start(client(), spec);
    wait(client(), job);
    return job;
  }
  // The ids that a call with `more` answers.
  Ids ids(const std::string& method, const json& parameters) {
    Ids found;
    client().send("io.coppice.Jobs." + method, parameters, varlink::Mode::more);
    for (;;) {
      const varlink::Reply reply = next_reply(client());
      if (!reply.error().empty()) {
        EXPECT_EQ(reply.error(), "io.coppice.Jobs.NoSuchJob");
        return found;
      }
      found.push_back(reply.parameters().at("job").at("id"));
      if (!reply.continues()) return found;
    }
  }
  std::string logs_of(const json& job) const {
    return daemon_->folder() + "/state/jobs/" + job.at("id").get<std::string>();
  }

 private:
  std::optional<int> end_second() {
    second_->signal(SIGTERM);
    return second_->await_end();
  }
  std::unique_ptr<Process> second_;
};

Ids ids_of(const std::vector<json>& jobs) {
  Ids ids;
  for (const auto& job : jobs) ids.push_back(job.at("id"));
  return ids;
}

TEST_F(DaemonHistory, D2_what_ended_before_a_restart_is_known_after_it_with_its_result_and_logs) {
  json both = shell("echo out; echo err >&2; exit 3");
  json apart = both;
  apart["error"] = {{"kind", "log"}};
  apart["name"] = "apart";
  apart["labels"] = {{"branch", "main"}};
  const json one = run_job(both);
  const json other = run_job(apart);
  const json result = wait(client(), other);
  const json before = call(client(), "List", {{"job", ref(other)}});
  restart();
  EXPECT_EQ(wait(client(), other), result);
  EXPECT_EQ(call(client(), "List", {{"job", ref(other)}}), before);
  EXPECT_EQ(log_of(client(), one), "out\nerr\n");
  EXPECT_EQ(log_of(client(), one, "error"), "out\nerr\n");
  EXPECT_EQ(log_of(client(), other), "out\n");
  EXPECT_EQ(log_of(client(), other, "error"), "err\n");
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(other)}}).name, "JobFailed");
  EXPECT_EQ(ids("List", {{"states", {"ended"}}}), ids_of({one, other}));
  EXPECT_EQ(ids("List", json::object()), ids_of({one, other}));
  // Names are of live jobs.
  EXPECT_EQ(failure(client(), "Wait", {{"job", {{"name", "apart"}}}}).name, "NoSuchJob");
}

TEST_F(DaemonHistory, an_old_job_refuses_what_only_a_live_one_can_do_and_says_that_it_has_ended) {
  const json job = run_job(spec({"true"}));
  restart();
  for (const json& call : json::array({{"Freeze", json::object()},
                                       {"Renew", json::object()},
                                       {"Signal", {{"signal", "TERM"}}},
                                       {"SetLimits", {{"limits", {{"wallTime", 1000}}}}},
                                       {"WriteInput", {{"data", ""}}},
                                       {"Resize", {{"columns", 80}, {"rows", 24}}}})) {
    json parameters = call.at(1);
    parameters["job"] = ref(job);
    const Failure failed = failure(client(), call.at(0).get<std::string>(), parameters);
    EXPECT_EQ(failed.name, "WrongState") << call;
    EXPECT_EQ(failed.parameters.value("reason", ""), "the job has ended") << call;
  }
  // What asks for its end has it already.
  EXPECT_EQ(kill(client(), job).at("results").at(job.at("id")).at("outcome"), "succeeded");
  EXPECT_TRUE(call(client(), "Processes", {{"job", ref(job)}}).at("processes").empty());
}

TEST_F(DaemonHistory, a_log_of_an_old_job_is_read_from_an_offset_and_opened) {
  const json job = run_job(shell("printf 0123456789"));
  restart();
  const json piece = call(client(), "ReadLog", {{"job", ref(job)}, {"offset", -4}});
  EXPECT_EQ(decode_base64(piece.at("data").get<std::string>()), "6789");
  EXPECT_EQ(piece.at("end"), true);
  EXPECT_EQ(call(client(), "OpenLog", {{"job", ref(job)}}).at("fd"), 0);
}

TEST_F(DaemonHistory, a_job_without_a_captured_stream_or_a_start_says_so_after_a_restart_too) {
  json quiet = spec({"true"});
  quiet["output"] = {{"kind", "null"}};
  const json job = run_job(quiet);
  call(client(), "SetSlice", {{"slice", "q"}, {"maxJobs", 1}});
  json in_slice = spec({"sleep", "1000"});
  in_slice["slice"] = "q";
  const json first = start(client(), in_slice);
  const json queued = start(client(), in_slice);
  kill(client(), queued);
  kill(client(), first);
  const auto reason = [&](const json& of) {
    return failure(client(), "ReadLog", {{"job", ref(of)}}).parameters.value("reason", "");
  };
  const std::string uncaptured = reason(job);
  const std::string unstarted = reason(queued);
  ASSERT_NE(uncaptured, unstarted);
  restart();
  EXPECT_EQ(reason(job), uncaptured);
  EXPECT_EQ(reason(queued), unstarted);
}

TEST_F(DaemonHistory, a_list_joins_memory_and_history_in_the_order_of_the_starts) {
  std::vector<json> jobs;
  for (int i = 0; i < 3; ++i) jobs.push_back(run_job(spec({"true"})));
  restart();
  jobs.push_back(start(client(), spec({"sleep", "1000"})));
  jobs.push_back(run_job(spec({"false"})));
  const Ids all = ids_of(jobs);
  EXPECT_EQ(ids("List", json::object()), all);
  EXPECT_EQ(ids("List", {{"states", {"ended"}}}), ids_of({jobs[0], jobs[1], jobs[2], jobs[4]}));
  EXPECT_EQ(ids("List", {{"states", {"running"}}}), ids_of({jobs[3]}));
  // The latest, in the same order.
  EXPECT_EQ(ids("List", {{"limit", 4}}), Ids(all.begin() + 1, all.end()));
  EXPECT_EQ(ids("List", {{"limit", 9}}), all);
  EXPECT_EQ(ids("History", json::object()), ids_of({jobs[4], jobs[2], jobs[1], jobs[0]}));
  EXPECT_EQ(ids("History", {{"limit", 2}}), ids_of({jobs[4], jobs[2]}));
  EXPECT_EQ(failure(client(), "History", json::object()).name, "org.varlink.service.ExpectedMore");
  kill(client(), jobs[3]);
}

TEST_F(DaemonHistory, history_leaves_what_its_filters_fit) {
  json named = spec({"true"});
  named["name"] = "nightly";
  named["slice"] = "ci/x";
  named["labels"] = {{"a", "1"}};
  const json first = run_job(named);
  const json second = run_job(shell("exit 1"));
  const std::int64_t since = wait(client(), second).at("endedAt");
  const auto expect = [&](const json& filter, const std::vector<json>& expected) {
    EXPECT_EQ(ids("History", filter), ids_of(expected)) << filter;
  };
  for (int life = 0; life < 2; ++life) {
    expect({{"name", "nightly"}}, {first});
    expect({{"slice", "ci"}}, {first});
    expect({{"labels", {{"a", "1"}}}}, {first});
    expect({{"outcomes", {"failed", "killed"}}}, {second});
    expect({{"begins", second.at("id")}}, {second});
    expect({{"endedSince", since}}, {second});
    expect({{"endedBefore", since}}, {first});
    expect({{"name", "other"}}, {});
    if (life == 0) restart();
  }
}

TEST_F(DaemonHistory, an_old_job_is_removed_with_its_logs_by_id_or_by_age) {
  std::vector<json> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(run_job(shell("echo out")));
  const std::int64_t after_third = wait(client(), jobs[3]).at("endedAt");
  restart();
  EXPECT_TRUE(exists(logs_of(jobs[1])));
  // Qualified: of a json that may be changed, std::ref would be meant.
  EXPECT_EQ(call(client(), "Remove", {{"job", support::ref(jobs[1])}}).at("removed"), 1);
  EXPECT_FALSE(exists(logs_of(jobs[1])));
  EXPECT_EQ(failure(client(), "Wait", {{"job", support::ref(jobs[1])}}).name, "NoSuchJob");
  EXPECT_EQ(failure(client(), "Remove", {{"job", support::ref(jobs[1])}}).name, "NoSuchJob");
  // One of memory beside those of the history.
  jobs.push_back(run_job(spec({"true"})));
  EXPECT_EQ(call(client(), "Remove", {{"endedBefore", after_third}}).at("removed"), 2);
  EXPECT_EQ(ids("History", json::object()), ids_of({jobs[4], jobs[3]}));
  const std::int64_t later = wait(client(), jobs[4]).at("endedAt").get<std::int64_t>() + 1;
  EXPECT_EQ(call(client(), "Remove", {{"endedBefore", later}}).at("removed"), 2);
  EXPECT_EQ(ids("List", json::object()), Ids{});
  restart();
  EXPECT_EQ(ids("List", json::object()), Ids{});
}

TEST_F(DaemonHistory, beyond_the_bounds_the_first_to_end_are_forgotten_in_memory_too) {
  restart({"--history-max-jobs", "2"});
  std::vector<json> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(run_job(shell("echo out")));
  EXPECT_TRUE(eventually([&] { return ids("History", json::object()).size() == 2; }));
  EXPECT_EQ(ids("List", json::object()), ids_of({jobs[3], jobs[4]}));
  EXPECT_TRUE(eventually([&] { return !exists(logs_of(jobs[2])); }));
  EXPECT_TRUE(exists(logs_of(jobs[3])));
}

TEST_F(DaemonHistory, logs_that_belong_to_no_job_are_removed_after_a_start_and_others_stay) {
  const json job = run_job(shell("echo out"));
  const std::string orphan = daemon_->folder() + "/state/jobs/01AAAAAAAAAAAAAAAAAAAAAAAA";
  fs::create_directory(orphan);
  restart();
  EXPECT_TRUE(eventually([&] { return !exists(orphan); }));
  EXPECT_EQ(log_of(client(), job), "out\n");
}

TEST_F(DaemonHistory, A2_a_user_finds_its_own_old_jobs_alone_and_removes_no_others) {
  const json roots = run_job(spec({"true"}));
  const auto open_to_all = [&] {
    ASSERT_EQ(::chmod(daemon_->folder().c_str(), 0711), 0);
    ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
  };
  const auto as_nobody = [&] {
    EXPECT_EQ(::seteuid(65534), 0);
    std::optional<varlink::Client> nobody(daemon_->connect());
    EXPECT_EQ(::seteuid(0), 0);
    return nobody;
  };
  open_to_all();
  auto nobody = as_nobody();
  const json own = start(*nobody, spec({"true"}));
  wait(*nobody, own);
  nobody.reset();
  restart();
  open_to_all();
  nobody = as_nobody();
  EXPECT_EQ(wait(*nobody, own).at("outcome"), "succeeded");
  EXPECT_EQ(failure(*nobody, "Wait", {{"job", ref(roots)}}).name, "NoSuchJob");
  EXPECT_EQ(failure(*nobody, "Remove", {{"job", ref(roots)}}).name, "NoSuchJob");
  const std::int64_t later = wait(*nobody, own).at("endedAt").get<std::int64_t>() + 1;
  EXPECT_EQ(ids("History", json::object()), ids_of({own, roots}));
  std::swap(*client_, *nobody);
  EXPECT_EQ(ids("History", json::object()), ids_of({own}));
  EXPECT_EQ(ids("List", json::object()), ids_of({own}));
  std::swap(*client_, *nobody);
  EXPECT_EQ(call(*nobody, "Remove", {{"endedBefore", later}}).at("removed"), 1);
  EXPECT_EQ(ids("History", json::object()), ids_of({roots}));
}

TEST_F(DaemonHistory, D4_a_damaged_history_is_set_aside_and_the_daemon_starts) {
  const json job = run_job(shell("echo out"));
  const std::string state = daemon_->folder() + "/state";
  restart_after([&] { std::ofstream(state + "/history.db") << std::string(10000, 'x'); });
  EXPECT_NE(daemon_->said().find("has been set aside"), std::string::npos) << daemon_->said();
  // The register knows what ended last.
  EXPECT_EQ(wait(client(), job).at("outcome"), "succeeded");
  restart_after([&] {
    std::filesystem::remove_all(state + "/register");
    std::ofstream(state + "/history.db") << std::string(10000, 'x');
  });
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}}).name, "NoSuchJob");
  EXPECT_EQ(ids("History", json::object()), Ids{});
  const json next = run_job(spec({"true"}));
  EXPECT_EQ(ids("History", json::object()), ids_of({next}));
}

TEST_F(DaemonHistory, D4_a_history_of_a_later_version_refuses_the_start_with_a_remedy) {
  const std::string database = daemon_->folder() + "/state/history.db";
  client_.reset();
  ASSERT_EQ(daemon_->end(), 0);
  {
    // The version stands in the header, at byte 60 (sqlite.org/fileformat2.html).
    std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(60);
    file << std::string("\0\0\x03\xe8", 4);
  }
  Process refused(daemon_->arguments(), daemon_->folder() + "/stderr");
  EXPECT_FALSE(refused.await_ready());
  const auto status = refused.await_end();
  ASSERT_TRUE(status && WIFEXITED(*status));
  EXPECT_NE(WEXITSTATUS(*status), 0);
  for (const char* part : {"history.db", "1000", "--state"})
    EXPECT_NE(daemon_->said().find(part), std::string::npos) << daemon_->said();
}

}  // namespace
}  // namespace coppice::support
