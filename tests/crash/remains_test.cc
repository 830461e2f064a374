// A register or a history that is damaged costs what is in the damage, and neither the start nor a job that lives.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"
#include "tests/crash/traces.h"
#include "tests/support/jobs.h"
#include "tests/support/observe.h"
#include "tests/support/with_daemon.h"

namespace coppice::support {
namespace {

namespace fs = std::filesystem;

class Remains : public WithDaemon {
 protected:
  void TearDown() override { crash::clean_up(mark_); }

  std::string state() const { return daemon_->folder() + "/state"; }

  // A job that lives on when its keeper is killed.
  json start_endless() {
    json wanted = spec({"sleep", "1000"});
    wanted["environment"] = {{"COPPICE_CRASH", mark_}, {"PATH", "/usr/bin:/bin"}};
    return start(client(), wanted);
  }

  // The last segment of the register.
  std::string segment() const {
    std::string last;
    for (const auto& entry : fs::directory_iterator(state() + "/register"))
      last = std::max(last, entry.path().string());
    EXPECT_FALSE(last.empty());
    return last;
  }

  void overwrite(const std::string& path, std::size_t at, const std::string& bytes) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(bytes.size()));
  }

  void expect_service() {
    client_.emplace(daemon_->connect());
    EXPECT_EQ(wait(client(), start(client(), shell("exit 3")))["exits"][0]["code"], 3);
  }

  // Set aside under a name that begins with `path`, and told by that name.
  void expect_set_aside(const std::string& path) {
    bool found = false;
    for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path()))
      found = found || entry.path().string().starts_with(path + ".damaged");
    EXPECT_TRUE(found);
    EXPECT_NE(daemon_->said().find(path), std::string::npos) << daemon_->said();
  }

  const std::string mark_ = random_word();
};

TEST_F(Remains, a_damaged_history_is_set_aside_and_told) {
  wait(client(), start(client(), shell("exit 0")));
  ASSERT_EQ(daemon_->end(), 0);
  const std::string path = state() + "/history.db";
  ASSERT_TRUE(exists(path));
  for (const auto& suffix : {"-wal", "-shm"}) fs::remove(path + suffix);
  std::ofstream(path, std::ios::trunc) << "This is no database, and has never been one: " << std::string(4096, '?');
  daemon_->start_again();
  expect_service();
  expect_set_aside(path);
}

TEST_F(Remains, a_register_that_is_garbage_is_set_aside_and_told) {
  start_endless();
  daemon_->kill_both();
  const std::string path = segment();
  overwrite(path, 0, std::string(4096, '?'));
  daemon_->start_again();
  expect_service();
  expect_set_aside(path);
}

TEST_F(Remains, D1_of_a_register_with_a_torn_end_only_the_last_record_is_lost) {
  const json first = start_endless();
  start_endless();
  daemon_->kill_both();
  const std::string path = segment(), bytes = read_text(path);
  const std::size_t end = bytes.find_last_not_of('\0');
  ASSERT_NE(end, std::string::npos);
  overwrite(path, end - 2, std::string(3, '\0'));
  daemon_->start_again();
  expect_service();
  EXPECT_EQ(state_of(client(), first), "running");
  kill(client(), first);
}

TEST_F(Remains, D1_a_register_that_ends_in_the_middle_of_the_file_is_read_to_there) {
  const json first = start_endless();
  daemon_->kill_both();
  const std::string path = segment(), bytes = read_text(path);
  fs::resize_file(path, bytes.find_last_not_of('\0') + 1);
  daemon_->start_again();
  expect_service();
  EXPECT_EQ(state_of(client(), first), "running");
  kill(client(), first);
}

TEST_F(Remains, D1_what_lived_when_the_machine_was_started_anew_is_lost_and_later_jobs_are_not) {
  const json before = start_endless();
  daemon_->kill_both();
  constexpr std::size_t kBootAt = 24;
  overwrite(segment(), kBootAt, "00000000-0000-4000-8000-000000000000");
  daemon_->start_again();
  expect_service();
  EXPECT_EQ(wait(client(), before).at("outcome"), "lost");
  // The old segment is still there when this supervisor dies.
  const json after = start_endless();
  ASSERT_TRUE(daemon_->kill_supervisor());
  daemon_->await_supervisor();
  expect_service();
  EXPECT_EQ(state_of(client(), after), "running");
  EXPECT_EQ(wait(client(), before).at("outcome"), "lost");
  kill(client(), after);
}

TEST_F(Remains, D4_after_the_death_of_a_supervisor_a_second_daemon_is_told_who_is_there) {
  daemon_->kill_supervisor();
  daemon_->await_supervisor();
  client_.emplace(daemon_->connect());
  const json job = start_endless();
  const std::string log = daemon_->folder() + "/second";
  Process second({"--socket", daemon_->folder() + "/other", "--state", state(), "--runtime",
                  daemon_->folder() + "/run"},
                 log);
  EXPECT_FALSE(second.await_ready());
  const std::string said = read_text(log);
  const bool names_it = said.find("pid " + std::to_string(daemon_->keeper())) != std::string::npos ||
                        said.find("pid " + std::to_string(daemon_->supervisor())) != std::string::npos;
  EXPECT_TRUE(names_it) << said;
  EXPECT_EQ(state_of(client(), job), "running");
  kill(client(), job);
}

}  // namespace
}  // namespace coppice::support
