// A slice is killed as one tree, whatever its jobs are about to do (K9).
#include <sys/stat.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/slices/fixture.h"

namespace coppice::support {
namespace {

namespace fs = std::filesystem;

// Starts jobs at full speed on a connection of its own, into one of the slices below "storm".
class Starter {
 public:
  Starter(const Daemon& daemon, std::string slice, std::string mark)
      : slice_(std::move(slice)), mark_(std::move(mark)), client_(daemon.connect()), thread_([this] { go(); }) {}
  ~Starter() { end(); }

  void end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // The jobs whose Start has been answered so far, handed out once.
  std::vector<std::string> take_answered() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answered_, {});
  }
  std::size_t untaken() {
    const std::lock_guard lock(mutex_);
    return answered_.size();
  }
  // What went wrong but for being killed at birth.
  const std::string& trouble() const { return trouble_; }

 private:
  // Queued jobs cost so little to start that the daemon's cap on live jobs would come in sight.
  static constexpr std::size_t kUntaken = 500;

  void go() {
    json wanted = in_slice(shell("setsid sleep 1000 & exec sleep 1000"), slice_);
    wanted["environment"] = {{"STORM", mark_}};
    while (!over_) {
      if (untaken() > kUntaken) {
        std::this_thread::yield();
        continue;
      }
      client_.send("io.coppice.Jobs.Start", {{"spec", wanted}});
      auto reply = client_.receive_within(kDeadline);
      if (!reply) return static_cast<void>(trouble_ = "no answer");
      // A job that is killed while its program is being executed may have no more to tell than that.
      if (reply->failed() && reply->error() != "io.coppice.Jobs.StartFailed")
        return static_cast<void>(trouble_ = reply->error() + reply->parameters().dump());
      if (reply->failed()) continue;
      const std::lock_guard lock(mutex_);
      answered_.push_back(reply->parameters()["job"]["id"]);
    }
  }

  const std::string slice_, mark_;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::vector<std::string> answered_;
  std::string trouble_;
  varlink::Client client_;
  std::thread thread_;
};

class SliceKill : public WithSlices {
 protected:
  // "" or the error of a slice in which nothing lives.
  std::string kill_slice(const std::string& path) {
    const Failure told = failure(client(), "Kill", {{"slice", path}});
    return told.name;
  }

  std::set<std::string> live_in(const std::string& path) {
    const json states = {"queued", "starting", "running", "frozen", "stopping", "killing"};
    client().send("io.coppice.Jobs.List", {{"slice", path}, {"states", states}}, varlink::Mode::more);
    std::set<std::string> ids;
    for (;;) {
      const varlink::Reply reply = next_reply(client());
      if (reply.error() == "io.coppice.Jobs.NoSuchJob") return ids;
      reply.throw_if_failed();
      ids.insert(id_of(reply.parameters().at("job")));
      if (!reply.continues()) return ids;
    }
  }

  // Kills "storm" again and again while others start jobs in it and below.
  void storm(std::size_t rounds) {
    const std::string mark = random_word();
    std::vector<std::unique_ptr<Starter>> starters;
    for (const char* slice : {"storm", "storm/a", "storm/a/b", "storm/c"})
      starters.push_back(std::make_unique<Starter>(*daemon_, slice, mark));
    const auto untaken = [&] {
      std::size_t sum = 0;
      for (const auto& starter : starters) sum += starter->untaken();
      return sum;
    };
    for (std::size_t round = 0; round < rounds; ++round) {
      ASSERT_TRUE(eventually([&] { return untaken() >= 1 + round % 50; }));
      std::vector<std::string> before;
      for (const auto& starter : starters)
        for (std::string& id : starter->take_answered()) before.push_back(std::move(id));
      const std::string error = kill_slice("storm");
      ASSERT_TRUE(error.empty() || error == "NoSuchSlice") << error;
      const std::set<std::string> alive = live_in("storm");
      for (const std::string& id : before) ASSERT_FALSE(alive.contains(id)) << "round " << round;
    }
    for (const auto& starter : starters) starter->end();
    for (const auto& starter : starters) EXPECT_EQ(starter->trouble(), "");
    kill_slice("storm");
    expect_nothing_left("storm", "STORM=" + mark);
  }

  void expect_nothing_left(const std::string& slice, const std::string& mark) {
    EXPECT_TRUE(marked(mark).empty());
    EXPECT_EQ(kill_slice(slice), "NoSuchSlice");
    EXPECT_TRUE(eventually([&] { return zombies_of(daemon_->keeper()).empty(); }));
    // It serves again; the directory of its cgroup was left to nobody.
    const json job = start(client(), in_slice(spec({"sleep", "1000"}), slice + "/again"));
    const fs::path pen = cgroup_of(job["mainPids"][0]);
    ASSERT_EQ(pen.parent_path().filename(), "again.slice");
    const fs::path directory = pen.parent_path().parent_path();
    const auto entries = [](const fs::path& path) {
      std::size_t count = 0;
      for (const auto& entry : fs::directory_iterator(path)) count += entry.is_directory() ? 1 : 0;
      return count;
    };
    EXPECT_EQ(entries(directory), 1u);
    EXPECT_EQ(entries(pen.parent_path()), 1u);
    kill(client(), job);
    EXPECT_FALSE(exists(directory));
  }
};

TEST_F(SliceKill, K9_what_was_started_before_the_kill_is_over_when_it_answers) { storm(60); }

TEST_F(SliceKill, K9_so_is_what_was_queued) {
  set_bound("storm", 6);
  set_bound("storm/a/b", 2);
  storm(60);
  EXPECT_EQ(slice("storm"), (json{{"name", "storm"}, {"maxJobs", 6}, {"live", 0}, {"queued", 0}}));
}

TEST_F(SliceKill, K9_of_thousands_that_wait_none_starts_when_the_running_ones_die) {
  constexpr int kJobs = 5'000;
  set_bound("ci", 3);
  const std::string witness = daemon_->folder() + "/started";
  std::set<std::string> running;
  for (int i = 0; i < 3; ++i) running.insert(id_of(start(client(), in_slice(spec({"sleep", "1000"}), "ci"))));
  for (int i = 0; i < kJobs; ++i) start(client(), in_slice(spec({"touch", witness}), "ci/below"));
  const json answer = call(client(), "Kill", {{"slice", "ci"}});
  EXPECT_EQ(answer["results"].size(), kJobs + 3u);
  EXPECT_EQ(answer["killed"].size(), 3u);
  for (const auto& [id, result] : answer["results"].items()) {
    ASSERT_EQ(result["outcome"], "killed");
    ASSERT_EQ(result["exits"].empty(), !running.contains(id));
  }
  EXPECT_FALSE(exists(witness));
  EXPECT_EQ(start(client(), in_slice(spec({"sleep", "1000"}), "ci")).at("state"), "running");
}

// Each pair of jobs is tied by a fifo: if one died before the other was halted, the other would see the end
// of it, and tell.
TEST_F(SliceKill, K9_K3_no_job_of_a_slice_sees_another_one_die) {
  for (int round = 0; round < 20; ++round) {
    const std::string base = daemon_->folder() + "/" + std::to_string(round);
    for (int pair = 0; pair < 4; ++pair) {
      const std::string fifo = base + "-fifo" + std::to_string(pair);
      ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
      start(client(), in_slice(shell("exec 3> " + fifo + "; echo up >&3; exec sleep 1000"), "ci/writers"));
      start(client(), in_slice(shell("exec 3< " + fifo + "; read up <&3; touch " + fifo + ".tied; read end <&3; touch " +
                                     base + ".seen"),
                               "ci/readers"));
      ASSERT_TRUE(eventually([&] { return exists(fifo + ".tied"); }));
    }
    EXPECT_EQ(kill_slice("ci"), "");
    EXPECT_FALSE(exists(base + ".seen")) << "round " << round;
  }
}

TEST_F(SliceKill, stopping_a_slice_asks_those_that_run_and_starts_none_that_wait) {
  set_bound("ci", 1);
  const std::string witness = daemon_->folder() + "/started";
  const json polite = start(client(), in_slice(shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done"), "ci"));
  for (int i = 0; i < 20; ++i) start(client(), in_slice(spec({"touch", witness}), "ci/below"));
  ASSERT_TRUE(eventually([&] { return log_of(client(), polite) == "up\n"; }));
  const json answer = call(client(), "Stop", {{"slice", "ci"}});
  EXPECT_EQ(answer["results"].size(), 21u);
  for (const auto& [id, result] : answer["results"].items()) EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(answer["results"][id_of(polite)]["exits"][0]["code"], 7);
  EXPECT_FALSE(exists(witness));
}

TEST_F(SliceKill, a_slice_beside_is_left_alone) {
  const json inside = start(client(), in_slice(spec({"sleep", "1000"}), "ci/a"));
  const json beside = start(client(), in_slice(spec({"sleep", "1000"}), "ci-x"));
  const json above = start(client(), in_slice(spec({"sleep", "1000"}), "ci"));
  EXPECT_EQ(kill_slice("ci/a"), "");
  EXPECT_EQ(state_of(client(), inside), "ended");
  EXPECT_EQ(state_of(client(), beside), "running");
  EXPECT_EQ(state_of(client(), above), "running");
}

}  // namespace
}  // namespace coppice::support
