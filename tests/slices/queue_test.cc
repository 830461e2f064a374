// A slice with a bound is a queue.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "tests/slices/fixture.h"

namespace coppice::support {
namespace {

namespace fs = std::filesystem;

class Queue : public WithSlices {
 protected:
  json hold(const std::string& slice) { return start(client(), in_slice(spec({"sleep", "1000"}), slice)); }

  // Reads events until all of `jobs` have ended: the job ids of each kind, in order.
  std::map<std::string, std::vector<std::string>> events_until_end_of(const std::set<std::string>& jobs) {
    varlink::Client subscriber = daemon_->connect();
    subscriber.send("io.coppice.Jobs.Subscribe", {{"since", 0}}, varlink::Mode::more);
    std::map<std::string, std::vector<std::string>> seen;
    for (std::set<std::string> left = jobs; !left.empty();) {
      const varlink::Reply reply = next_reply(subscriber);
      reply.throw_if_failed();
      const json& event = reply.parameters();
      const std::string kind = event.at("event"), id = event.at("job").at("id");
      seen[kind].push_back(id);
      if (kind == "started") most_ = std::max(most_, ++running_);
      if (kind == "ended" && std::count(seen["started"].begin(), seen["started"].end(), id) > 0) --running_;
      if (kind == "ended") left.erase(id);
    }
    return seen;
  }

  int running_ = 0;
  // Most that were between their events started and ended at once.
  int most_ = 0;
};

std::size_t pens_in(const std::string& directory) {
  std::error_code gone;
  std::size_t pens = 0;
  for (fs::directory_iterator entry(directory, gone), end; !gone && entry != end; entry.increment(gone))
    if (entry->path().extension() == ".job") ++pens;
  return pens;
}

// While it lives, this thread is another user to whoever asks the kernel.
class AsNobody {
 public:
  AsNobody() { become(65534); }
  ~AsNobody() { become(0); }

 private:
  static void become(int user) {
    if (::syscall(SYS_setresuid, -1, user, -1) != 0) throw std::runtime_error("setresuid");
  }
};

TEST_F(Queue, of_fifty_jobs_four_run_at_once_and_they_start_in_order) {
  set_bound("ci", 4);
  std::vector<std::string> holders, ids;
  json holder;
  for (int i = 0; i < 4; ++i) holders.push_back(id_of(holder = hold("ci")));
  for (int i = 0; i < 50; ++i) ids.push_back(id_of(start(client(), in_slice(spec({"sleep", "0.05"}), "ci"))));
  // From outside, too: no more pens than places.
  const std::string slice = fs::path(cgroup_of(holder["mainPids"][0])).parent_path();
  ASSERT_EQ(pens_in(slice), 4u);
  std::size_t most_pens = 0;
  std::atomic<bool> over = false;
  std::thread look([&] {
    for (; !over; std::this_thread::sleep_for(std::chrono::milliseconds(1)))
      most_pens = std::max(most_pens, pens_in(slice));
  });
  for (const std::string& id : holders) kill(client(), {{"id", id}});
  const auto seen = events_until_end_of({ids.begin(), ids.end()});
  over = true;
  look.join();
  std::vector<std::string> order = holders;
  order.insert(order.end(), ids.begin(), ids.end());
  EXPECT_EQ(seen.at("started"), order);
  EXPECT_EQ(seen.at("queued"), ids);
  EXPECT_EQ(most_, 4);
  EXPECT_EQ(most_pens, 4u);
  for (const std::string& id : ids) EXPECT_EQ(wait(client(), {{"id", id}})["outcome"], "succeeded");
}

TEST_F(Queue, a_priority_jumps_the_queue) {
  set_bound("ci", 1);
  const json first = hold("ci");
  const json low = start(client(), in_slice(spec({"true"}), "ci", -1));
  const json usual = start(client(), in_slice(spec({"true"}), "ci"));
  const json high = start(client(), in_slice(spec({"true"}), "ci", 3));
  EXPECT_EQ(high.at("priority"), 3);
  kill(client(), first);
  const auto seen = events_until_end_of({id_of(low), id_of(usual), id_of(high)});
  EXPECT_EQ(seen.at("started"), (std::vector<std::string>{id_of(first), id_of(high), id_of(usual), id_of(low)}));
}

TEST_F(Queue, a_raised_bound_starts_more_and_a_lowered_one_lets_the_running_go_on) {
  EXPECT_EQ(set_bound("ci", 1), (json{{"name", "ci"}, {"maxJobs", 1}, {"live", 0}, {"queued", 0}}));
  std::vector<json> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(hold("ci"));
  EXPECT_EQ(slice("ci"), (json{{"name", "ci"}, {"maxJobs", 1}, {"live", 1}, {"queued", 5}}));
  EXPECT_EQ(set_bound("ci", 4), (json{{"name", "ci"}, {"maxJobs", 4}, {"live", 4}, {"queued", 2}}));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(eventually([&] { return state_of(client(), jobs[i]) == "running"; }));
  EXPECT_EQ(state_of(client(), jobs[4]), "queued");
  set_bound("ci", 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(state_of(client(), jobs[i]), "running");
  kill(client(), jobs[0]);
  kill(client(), jobs[1]);
  EXPECT_EQ(slice("ci"), (json{{"name", "ci"}, {"maxJobs", 2}, {"live", 2}, {"queued", 2}}));
  EXPECT_EQ(set_bound("ci", std::nullopt), (json{{"name", "ci"}, {"live", 4}, {"queued", 0}}));
}

TEST_F(Queue, a_job_that_waits_for_a_narrower_slice_is_in_nobodys_way) {
  set_bound("ci", 2);
  set_bound("ci/narrow", 1);
  const json narrow = hold("ci/narrow");
  const json blocked = hold("ci/narrow");
  const json other = hold("ci/wide");
  EXPECT_EQ(blocked.at("state"), "queued");
  EXPECT_EQ(other.at("state"), "running");
  EXPECT_EQ(hold("ci").at("state"), "queued");
  EXPECT_EQ(hold("web").at("state"), "running");
}

TEST_F(Queue, a_queued_job_is_nothing_but_known) {
  set_bound("ci", 1);
  const json first = start(client(), in_slice(shell("echo up; exec sleep 1000"), "ci"));
  const auto kept_output = [&](const json& job) { return exists(daemon_->folder() + "/state/jobs/" + id_of(job)); };
  ASSERT_TRUE(eventually([&] { return kept_output(first); }));
  const std::size_t descriptors = descriptors_of(daemon_->supervisor());
  const json job = hold("ci");
  EXPECT_EQ(job.at("state"), "queued");
  EXPECT_EQ(descriptors_of(daemon_->supervisor()), descriptors);
  EXPECT_FALSE(job.contains("startedAt"));
  EXPECT_TRUE(job.at("mainPids").empty());
  EXPECT_FALSE(kept_output(job));
  EXPECT_TRUE(marked("COPPICE_JOB=" + id_of(job)).empty());
  EXPECT_TRUE(call(client(), "Processes", {{"job", ref(job)}}).at("processes").empty());
  for (const char* method : {"Freeze", "Thaw"}) {
    const Failure refused = failure(client(), method, {{"job", ref(job)}});
    EXPECT_EQ(refused.name, "WrongState") << method;
    EXPECT_EQ(refused.parameters["state"], "queued") << method;
  }
  EXPECT_EQ(failure(client(), "Signal", {{"job", ref(job)}, {"signal", "TERM"}}).name, "WrongState");
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}, {"timeout", 1}}).name, "TimedOut");
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(job)}}).name, "WrongState");
  EXPECT_EQ(failure(client(), "Remove", {{"job", ref(job)}}).name, "WrongState");
}

TEST_F(Queue, a_queued_job_that_is_ended_never_starts) {
  set_bound("ci", 1);
  const json first = hold("ci");
  const json killed = hold("ci"), stopped = hold("ci");
  const json answer = kill(client(), killed);
  const json result = answer["results"][id_of(killed)];
  EXPECT_EQ(result["outcome"], "killed");
  EXPECT_EQ(result["detail"], "it had not started");
  EXPECT_TRUE(result["exits"].empty());
  EXPECT_TRUE(answer["killed"].empty());
  EXPECT_EQ(call(client(), "Stop", {{"job", ref(stopped)}})["results"][id_of(stopped)]["outcome"], "stopped");
  EXPECT_EQ(state_of(client(), first), "running");
  EXPECT_EQ(slice("ci")["queued"], 0);
  EXPECT_EQ(failure(client(), "ReadLog", {{"job", ref(killed)}}).name, "WrongState");
  kill(client(), first);
  const auto seen = events_until_end_of({id_of(killed), id_of(stopped), id_of(first)});
  EXPECT_EQ(seen.at("started"), std::vector<std::string>{id_of(first)});
}

TEST_F(Queue, a_queued_job_ends_with_its_connection) {
  set_bound("ci", 1);
  hold("ci");
  json wanted = in_slice(spec({"sleep", "1000"}), "ci");
  wanted["lifetime"] = {{"bound", "connection"}};
  std::optional<varlink::Client> other(daemon_->connect());
  const json job = start(*other, wanted);
  ASSERT_EQ(job.at("state"), "queued");
  other.reset();
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], "the connection that it was bound to closed; it had not started");
}

TEST_F(Queue, run_with_more_tells_first_that_it_waits_and_then_that_it_started) {
  set_bound("ci", 1);
  const json first = hold("ci");
  varlink::Client runner = daemon_->connect();
  runner.send("io.coppice.Jobs.Run", {{"spec", in_slice(shell("echo hi"), "ci")}}, varlink::Mode::more);
  EXPECT_EQ(next_reply(runner).parameters()["job"]["state"], "queued");
  kill(client(), first);
  const json started = next_reply(runner).parameters()["job"];
  EXPECT_NE(started["state"], "queued");
  EXPECT_TRUE(started.contains("startedAt"));
  EXPECT_EQ(decode_base64(next_reply(runner).parameters()["data"].get<std::string>()), "hi\n");
  const varlink::Reply last = next_reply(runner);
  EXPECT_FALSE(last.continues());
  EXPECT_EQ(last.parameters()["result"]["outcome"], "succeeded");
}

TEST_F(Queue, run_without_more_waits_for_its_turn) {
  set_bound("ci", 1);
  const json first = start(client(), in_slice(spec({"sleep", "0.2"}), "ci"));
  const json answer = call(client(), "Run", {{"spec", in_slice(shell("echo hi"), "ci")}});
  EXPECT_EQ(answer["result"]["outcome"], "succeeded");
  EXPECT_EQ(decode_base64(answer["data"].get<std::string>()), "hi\n");
  // The time in the queue is no time of the job.
  EXPECT_GE(answer["result"]["startedAt"], wait(client(), first)["endedAt"]);
}

TEST_F(Queue, S5_a_start_that_fails_after_the_queue_is_in_the_result) {
  set_bound("ci", 1);
  const json first = hold("ci");
  const json job = start(client(), in_slice(spec({"/no/such/program"}), "ci"));
  ASSERT_EQ(job.at("state"), "queued");
  varlink::Client runner = daemon_->connect();
  runner.send("io.coppice.Jobs.Run", {{"spec", in_slice(spec({"/no/such/program"}), "ci")}});
  ASSERT_TRUE(eventually([&] { return slice("ci")["queued"] == 2; }));
  kill(client(), first);
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "start_failed");
  EXPECT_NE(result["detail"].get<std::string>().find("/no/such/program"), std::string::npos);
  EXPECT_EQ(next_reply(runner).error(), "io.coppice.Jobs.StartFailed");
  EXPECT_EQ(hold("ci").at("state"), "running");
}

TEST_F(Queue, descriptors_wait_with_the_job) {
  set_bound("ci", 1);
  const json first = hold("ci");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  json wanted = in_slice(shell("echo hi"), "ci");
  wanted["output"] = {{"kind", "fd"}, {"fd", 0}};
  const std::size_t before = descriptors_of(daemon_->supervisor());
  const json job = start(client(), wanted, {write_end.get()});
  const json unlucky = start(client(), wanted, {write_end.get()});
  write_end.reset();
  EXPECT_EQ(descriptors_of(daemon_->supervisor()), before + 2);
  kill(client(), unlucky);
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->supervisor()) == before + 1; }));
  kill(client(), first);
  wait(client(), job);
  char text[16] = {};
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), 3);
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), 0);
}

TEST_F(Queue, D5_queued_jobs_leave_half_of_the_descriptors_to_those_that_run) {
  set_bound("ci", 1);
  hold("ci");
  const rlimit limit{128, 128};
  ASSERT_EQ(::prlimit(daemon_->supervisor(), RLIMIT_NOFILE, &limit, nullptr), 0);
  const std::size_t before = descriptors_of(daemon_->supervisor());
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  json wanted = in_slice(spec({"true"}), "ci");
  wanted["input"] = wanted["output"] = {{"kind", "fd"}, {"fd", 0}};
  wanted["output"]["fd"] = 1;
  for (int i = 0; i < 32; ++i)
    ASSERT_EQ(start(client(), wanted, {null.get(), null.get()}).at("state"), "queued");
  const Failure refused = failure(client(), "Start", {{"spec", wanted}}, {null.get(), null.get()});
  EXPECT_EQ(refused.name, "Exhausted");
  EXPECT_EQ(refused.parameters["resource"], "descriptors that came with queued jobs");
  EXPECT_EQ(refused.parameters["limit"], 64);
  EXPECT_EQ(start(client(), in_slice(spec({"true"}), "ci")).at("state"), "queued");
  EXPECT_EQ(wait(client(), start(client(), spec({"true"}), {}))["outcome"], "succeeded");
  call(client(), "Kill", {{"slice", "ci"}});
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->supervisor()) <= before; }));
  hold("ci");
  EXPECT_EQ(start(client(), wanted, {null.get(), null.get()}).at("state"), "queued");
}

TEST_F(Queue, following_the_log_of_a_queued_job_waits_for_it) {
  set_bound("ci", 1);
  const json first = hold("ci");
  const json job = start(client(), in_slice(shell("echo hi"), "ci"));
  varlink::Client reader = daemon_->connect();
  reader.send("io.coppice.Jobs.ReadLog", {{"job", ref(job)}, {"follow", true}}, varlink::Mode::more);
  EXPECT_EQ(failure(client(), "Wait", {{"job", ref(job)}, {"timeout", 50}}).name, "TimedOut");
  kill(client(), first);
  const varlink::Reply reply = next_reply(reader);
  reply.throw_if_failed();
  EXPECT_EQ(decode_base64(reply.parameters()["data"].get<std::string>()), "hi\n");
}

TEST_F(Queue, D3_a_daemon_that_ends_starts_nobody_any_more) {
  set_bound("ci", 2);
  const std::string mark = daemon_->folder() + "-" + random_word();
  for (int i = 0; i < 2; ++i) hold("ci");
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(start(client(), in_slice(spec({"touch", mark}), "ci")).at("state"), "queued");
  EXPECT_EQ(daemon_->end(), 0);
  EXPECT_FALSE(exists(mark));
}

TEST_F(Queue, freezing_a_slice_passes_over_those_that_wait) {
  set_bound("ci", 1);
  const json first = hold("ci"), second = hold("ci/below");
  call(client(), "Freeze", {{"slice", "ci"}});
  EXPECT_EQ(state_of(client(), first), "frozen");
  EXPECT_EQ(state_of(client(), second), "queued");
  call(client(), "Thaw", {{"slice", "ci"}});
  EXPECT_EQ(state_of(client(), first), "running");
  const Failure refused = failure(client(), "Freeze", {{"slice", "ci/below"}});
  EXPECT_EQ(refused.name, "WrongState");
  EXPECT_EQ(refused.parameters["state"], "queued");
}

TEST_F(Queue, slices_are_listed_with_their_counts) {
  EXPECT_EQ(failure(client(), "ListSlices", {{"slice", "ci"}}).name, "NoSuchSlice");
  EXPECT_EQ(failure(client(), "ListSlices", json::object()).name, "org.varlink.service.ExpectedMore");
  set_bound("ci", 1);
  hold("ci/a");
  hold("ci/b");
  hold("web");
  client().send("io.coppice.Jobs.ListSlices", json::object(), varlink::Mode::more);
  std::vector<json> slices;
  for (bool more = true; more;) {
    const varlink::Reply reply = next_reply(client());
    slices.push_back(reply.parameters().at("slice"));
    more = reply.continues();
  }
  EXPECT_EQ(slices, (std::vector<json>{{{"name", "ci"}, {"maxJobs", 1}, {"live", 1}, {"queued", 1}},
                                       {{"name", "ci/a"}, {"live", 1}, {"queued", 0}},
                                       {{"name", "ci/b"}, {"live", 0}, {"queued", 1}},
                                       {{"name", "web"}, {"live", 1}, {"queued", 0}}}));
}

TEST_F(Queue, bounds_that_make_no_sense_are_refused_by_field) {
  const auto refused = [&](const json& parameters) {
    const Failure told = failure(client(), "SetSlice", parameters);
    return told.name + " " + told.parameters.value("field", told.parameters.value("resource", ""));
  };
  EXPECT_EQ(refused({{"slice", "ci"}, {"maxJobs", 0}}), "InvalidSpec maxJobs");
  EXPECT_EQ(refused({{"slice", "/ci"}, {"maxJobs", 1}}), "InvalidSpec slice");
  for (int i = 0; i < 4096; ++i) set_bound("s" + std::to_string(i), 1);
  EXPECT_EQ(refused({{"slice", "ci"}, {"maxJobs", 1}}), "Exhausted slices with a bound");
  set_bound("s0", std::nullopt);
  set_bound("ci", 1);
}

TEST_F(Queue, A2_only_who_governs_the_daemon_sets_bounds_and_sees_the_slices_of_others) {
  set_bound("ci", 1);
  hold("ci/a");
  ASSERT_EQ(::chmod(daemon_->folder().c_str(), 0711), 0);
  ASSERT_EQ(::chmod(daemon_->socket().c_str(), 0666), 0);
  std::optional<varlink::Client> nobody;
  {
    const AsNobody identity;
    nobody.emplace(daemon_->connect());
  }
  const Failure refused = failure(*nobody, "SetSlice", {{"slice", "ci"}, {"maxJobs", 2}});
  EXPECT_EQ(refused.name, "PermissionDenied");
  EXPECT_EQ(failure(*nobody, "ListSlices", {{"slice", "ci"}}).name, "NoSuchSlice");
  const json job = start(*nobody, in_slice(spec({"sleep", "1000"}), "ci/b"));
  EXPECT_EQ(job.at("state"), "queued");
  EXPECT_EQ(call(*nobody, "ListSlices", {{"slice", "ci"}})["slice"],
            (json{{"name", "ci"}, {"maxJobs", 1}, {"live", 1}, {"queued", 1}}));
  EXPECT_EQ(failure(*nobody, "ListSlices", {{"slice", "ci/a"}}).name, "NoSuchSlice");
}

}  // namespace
}  // namespace coppice::support
