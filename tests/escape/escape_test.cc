// Each tree tries to get away in its own manner; after Kill nothing of it is left.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/daemon.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"

namespace coppice {
namespace {

using namespace support;

constexpr char kMark[] = "COPPICE_TEST_MARK";

// A cgroup beside the daemon's, made by the test.
class OtherCgroup {
 public:
  OtherCgroup() : path_(cgroup_mount() + "/coppice-test-" + random_word()) {
    made_ = ::mkdir(path_.c_str(), 0755) == 0;
  }
  OtherCgroup(const OtherCgroup&) = delete;
  OtherCgroup& operator=(const OtherCgroup&) = delete;
  ~OtherCgroup() {
    if (made_) eventually([this] { return ::rmdir(path_.c_str()) == 0; });
  }
  bool made() const { return made_; }
  const std::string& path() const { return path_; }
  // From the root of the file system, which the mount shows.
  std::string below() const { return path_.substr(cgroup_mount().size()); }

 private:
  std::string path_;
  bool made_ = false;
};

class Escape : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = missing_privilege(); !missing.empty()) GTEST_SKIP() << missing;
    daemon_.emplace();
    client_.emplace(daemon_->connect());
    warm_up();
  }

  // Kills what a failed test has left.
  void TearDown() override {
    client_.reset();
    daemon_.reset();
    // The slice's cgroup goes with the daemon.
    if (!pen_.empty()) {
      EXPECT_FALSE(exists(std::filesystem::path(pen_).parent_path())) << pen_;
    }
    for (const auto& process : marked(mark_)) ADD_FAILURE() << "left behind: " << process.pid;
  }

  void begin(const std::string& way, const std::vector<std::string>& further = {}, bool delegate = false) {
    const std::string program = std::filesystem::absolute("tests/escape/escapee");
    const std::string ready = daemon_->folder() + "/ready";
    std::vector<std::string> argv = {program, way, ready};
    argv.insert(argv.end(), further.begin(), further.end());
    json wanted = spec(argv);
    if (delegate) wanted["delegate"] = true;
    wanted["environment"] = {{kMark, word_}};
    job_ = start(*client_, wanted);
    pen_ = cgroup_of(job_.at("mainPids").at(0));
    report_ = ready + ".report";
    ASSERT_TRUE(eventually([&] { return exists(ready) || state_of(*client_, job_) == "ended"; }));
    ASSERT_TRUE(exists(ready)) << log_of(*client_, job_);
    ASSERT_TRUE(exists(pen_)) << pen_;
  }

  // Kills and looks. So many processes at least must have been seen from outside, and be in the receipt.
  json end(std::size_t seen, std::size_t least) {
    const auto watched = marked(mark_);
    EXPECT_GE(watched.size(), seen);
    const json answer = support::kill(*client_, job_);
    for (const auto& process : watched) EXPECT_FALSE(process.alive()) << process.pid;
    EXPECT_TRUE(marked(mark_).empty());
    EXPECT_FALSE(exists(pen_)) << pen_;
    EXPECT_GE(answer.at("killed").size(), least) << answer.dump(1);
    EXPECT_EQ(answer.at("results").at(job_.at("id").get<std::string>()).at("outcome"), "killed");
    nothing_is_left();
    return answer;
  }

  void end(std::size_t least) { end(least, least); }

  // What `leave` said: who is outside, by the way that it took.
  std::map<std::string, pid_t> out() const {
    std::map<std::string, pid_t> all;
    std::istringstream lines(read_text(report_));
    for (std::string word, way, rest; lines >> word >> way && std::getline(lines, rest);)
      if (word == "out") all[way] = std::stoi(rest);
    return all;
  }

  // And which files could be written to.
  std::vector<std::string> writable() const {
    std::vector<std::string> all;
    std::istringstream lines(read_text(report_));
    for (std::string word, file, rest; lines >> word >> file && std::getline(lines, rest);)
      if (word == "writable") all.push_back(file);
    return all;
  }

  // Every process that is out must be where it says, or the test would prove nothing; each is named at the end.
  void end_and_name(const OtherCgroup& other) {
    const auto outside = out();
    for (const auto& [way, pid] : outside) EXPECT_EQ(cgroup_of(pid), other.path()) << way;
    const json answer = end(outside.size(), outside.size());
    for (const auto& [way, pid] : outside) {
      const auto is_it = [pid = pid](const json& process) { return process.at("pid") == pid; };
      EXPECT_TRUE(std::ranges::any_of(answer.at("killed"), is_it)) << way << ": " << answer.dump(1);
    }
  }

  const std::string& folder() const { return daemon_->folder(); }
  const json& job() const { return job_; }
  varlink::Client& client() { return *client_; }

  // Whether or not the keeper has reaped it yet.
  bool is_dead(pid_t pid) const {
    const std::vector<pid_t> zombies = zombies_of(daemon_->keeper());
    return std::ranges::find(zombies, pid) != zombies.end() || !exists("/proc/" + std::to_string(pid));
  }

  void nothing_is_left() {
    EXPECT_TRUE(eventually([&] { return zombies_of(daemon_->keeper()).empty(); }));
    EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->keeper()) <= keeper_descriptors_; }))
        << descriptors_of(daemon_->keeper()) << " in the keeper instead of " << keeper_descriptors_;
    EXPECT_TRUE(eventually([&] { return descriptors_of(daemon_->supervisor()) <= supervisor_descriptors_; }))
        << descriptors_of(daemon_->supervisor()) << " in the supervisor instead of "
        << supervisor_descriptors_;
    EXPECT_EQ(children_of(daemon_->keeper()), std::vector<pid_t>{daemon_->supervisor()});
  }

 private:
  // What the daemon opens once and keeps is there after its first jobs, of which some leave orphans.
  void warm_up() {
    for (int job = 0; job < 3; ++job) {
      support::kill(*client_, start(*client_, shell("(true &); (sleep 1000 &); exec sleep 1000")));
      wait(*client_, start(*client_, spec({"/bin/true"})));
    }
    keeper_descriptors_ = descriptors_of(daemon_->keeper());
    supervisor_descriptors_ = descriptors_of(daemon_->supervisor());
  }

  std::string word_ = random_word();
  std::string mark_ = std::string(kMark) + "=" + word_;
  std::optional<Daemon> daemon_;
  std::optional<varlink::Client> client_;
  json job_;
  std::string pen_;
  std::string report_;
  std::size_t keeper_descriptors_ = 0;
  std::size_t supervisor_descriptors_ = 0;
};

TEST_F(Escape, K1_double_fork) {
  begin("double_fork");
  end(2);
}

TEST_F(Escape, K1_setsid_chain) {
  begin("setsid_chain");
  end(10);
}

// At an instant between two generations there may be none.
TEST_F(Escape, K1_daemonize_and_daemonize_again) {
  begin("daemonize");
  end(1);
}

TEST_F(Escape, K1_ignore_every_signal) {
  begin("ignore_signals");
  end(2);
}

TEST_F(Escape, K1_stop_itself) {
  begin("stop_itself");
  end(2);
}

TEST_F(Escape, K1_trace_a_sibling) {
  begin("trace_sibling");
  end(3);
}

TEST_F(Escape, K1_parent_blocked_in_vfork) {
  begin("vfork");
  end(3);
}

TEST_F(Escape, K1_nested_cgroup_with_members) {
  begin("nest", {}, true);
  end(2);
}

TEST_F(Escape, K1_nested_cgroup_frozen_by_its_maker) {
  begin("nest_and_freeze", {}, true);
  end(2);
}

TEST_F(Escape, K1_main_thread_has_exited) {
  begin("lose_main_thread");
  end(2);
}

TEST_F(Escape, K1_K10_moved_to_another_cgroup_by_root) {
  const OtherCgroup other;
  if (!other.made()) GTEST_SKIP() << "may not make a cgroup beside the daemon's";
  begin("move_away", {other.path()});
  end(3);
}

// What a root job can reach without joining the namespaces of somebody outside.
constexpr const char* kWaysByFile[] = {"through_mounts", "remount", "mount_afresh", "mount_afresh_in_another_namespace"};

TEST_F(Escape, K10_a_root_job_cannot_leave_by_any_file_that_it_sees_and_who_leaves_is_named) {
  const OtherCgroup other;
  if (!other.made()) GTEST_SKIP() << "may not make a cgroup beside the daemon's";
  begin("leave", {other.path(), other.below()});
  EXPECT_EQ(writable(), std::vector<std::string>());
  for (const char* way : kWaysByFile) EXPECT_FALSE(out().contains(way)) << way;
  end_and_name(other);
}

TEST_F(Escape, K10_a_delegated_root_job_writes_to_its_own_cgroup_alone) {
  const OtherCgroup other;
  if (!other.made()) GTEST_SKIP() << "may not make a cgroup beside the daemon's";
  begin("leave", {other.path(), other.below()}, true);
  std::vector<std::string> expected;
  for (const std::string& file : writable())
    if (file.ends_with("cgroup.procs")) expected.push_back(file);
  // The two files of the pen itself, at each mount of cgroup2.
  EXPECT_EQ(writable().size(), 2 * expected.size());
  EXPECT_FALSE(expected.empty());
  for (const std::string& file : writable())
    EXPECT_EQ(std::filesystem::path(file).parent_path(), cgroup_mount()) << file;
  for (const char* way : kWaysByFile) EXPECT_FALSE(out().contains(way)) << way;
  end_and_name(other);
}

// Its pen is as good as empty then, and it is nobody's orphan.
TEST_F(Escape, K10_a_main_process_that_left_its_pen_is_found_and_killed) {
  const OtherCgroup other;
  if (!other.made()) GTEST_SKIP() << "may not make a cgroup beside the daemon's";
  begin("ignore_signals");
  const pid_t left = job().at("mainPids").at(0);
  ASSERT_TRUE(std::ofstream(other.path() + "/cgroup.procs") << left << std::flush);
  ASSERT_EQ(cgroup_of(left), other.path());
  const json answer = end(2, 2);
  const auto is_it = [&](const json& process) { return process.at("pid") == left; };
  EXPECT_TRUE(std::ranges::any_of(answer.at("killed"), is_it)) << answer.dump(1);
}

TEST_F(Escape, K7_K10_an_orphan_that_left_is_a_leftover_of_a_job_that_has_ended) {
  const OtherCgroup other;
  if (!other.made()) GTEST_SKIP() << "may not make a cgroup beside the daemon's";
  for (const char* way : {"leave_and_end", "leave_without_a_trace"}) {
    for (const char* file : {"/ready", "/ready.go"}) std::filesystem::remove(folder() + file);
    begin(way, {other.path(), other.below()});
    const auto outside = out();
    ASSERT_EQ(outside.size(), 1u) << way;
    EXPECT_EQ(cgroup_of(outside.begin()->second), other.path()) << way;
    std::ofstream(folder() + "/ready.go") << "\n";
    const json result = wait(client(), job());
    const pid_t left = outside.begin()->second;
    EXPECT_TRUE(is_dead(left)) << way;
    const auto is_it = [&](const json& process) { return process.at("pid") == left; };
    EXPECT_TRUE(std::ranges::any_of(result.value("leftovers", json::array()), is_it)) << way << ": " << result.dump(1);
    nothing_is_left();
  }
}

TEST_F(Escape, K2_fork_bomb) {
  begin("bomb");
  // Looked at while it goes on exploding, most of it has moved; only the frozen list is complete.
  end(1, 100);
}

}  // namespace
}  // namespace coppice
