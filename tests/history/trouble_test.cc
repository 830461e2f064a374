// Damaged databases, old and new versions, disks that take nothing.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/history/database.h"
#include "daemon/history/schema.h"
#include "tests/history/fixture.h"

namespace coppice::daemon {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Trouble : public WithHistory {
 protected:
  // The daemon goes on with a new one, and what was there is beside it.
  void expect_set_aside() {
    EXPECT_EQ(times_said("has been set aside"), 1u) << testing::PrintToString(said());
    add(1, 2);
    EXPECT_EQ(ids().size(), 2u);
    std::size_t databases = 0;
    for (const auto& name : files("history.db.damaged-"))
      if (!name.ends_with("-wal")) ++databases;
    EXPECT_EQ(databases, 1u);
  }

  // In a child. True if the old one was set aside and the new one works.
  bool work_as(uid_t user) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)
      return false;
    io_.notify_fork(asio::io_context::fork_child);
    try {
      open();
      add(1, 2);
      const bool right = times_said("has been set aside") == 1 && ids().size() == 2;
      close();
      return right;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", error.what(), testing::PrintToString(said()).c_str());
      return false;
    }
  }
};

TEST_F(Trouble, D4_a_file_that_is_no_database_is_set_aside) {
  std::ofstream(database()) << std::string(5000, 'j');
  open();
  expect_set_aside();
  EXPECT_EQ(text_of(directory_ + "/" + files("history.db.damaged-").front()), std::string(5000, 'j'));
}

TEST_F(Trouble, D4_a_database_with_a_bad_header_is_set_aside) {
  open();
  add(1, 50);
  close();
  std::fstream(database(), std::ios::in | std::ios::out | std::ios::binary) << "nothing like it";
  open();
  expect_set_aside();
}

TEST_F(Trouble, D4_a_directory_in_its_place_is_set_aside) {
  fs::create_directory(database());
  open();
  expect_set_aside();
}

TEST_F(Trouble, D4_a_database_of_something_else_is_set_aside) {
  Database(database()).run("CREATE TABLE job (something TEXT)");
  open();
  expect_set_aside();
}

TEST_F(Trouble, D4_an_empty_file_is_a_new_history) {
  std::ofstream(database()) << "";
  open();
  add(1, 2);
  EXPECT_EQ(ids().size(), 2u);
  EXPECT_TRUE(said().empty());
}

TEST_F(Trouble, D5_pages_found_to_be_damaged_while_it_runs_cost_the_old_rows_and_no_new_one) {
  open();
  add(1, 2000);
  close();
  // All but the header and the schema: it opens, and what it knows contradicts itself.
  {
    const auto size = fs::file_size(database());
    std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8 * 4096);
    file << std::string(size - 8 * 4096, '\x5a');
  }
  History::Settings settings;
  open(settings);
  for (int number = 3001; number <= 3020; ++number) history().add(row_of(number));
  finish(history().committed());
  for (int number = 3001; number <= 3020; ++number) {
    // Reading may be what meets the damage; then that row is in the database that was set aside or in the new one.
    static_cast<void>(get(history().find(id_of(number))));
  }
  // Every row of the old one is looked at, and the damage is met at the latest here.
  static_cast<void>(ids());
  EXPECT_EQ(times_said("has been set aside"), 1u) << testing::PrintToString(said());
  add(4001, 4002);
  EXPECT_TRUE(get(history().find(id_of(4002))));
}

// Root may write to any file, so somebody else tries.
TEST_F(Trouble, D4_a_database_that_cannot_be_written_is_set_aside) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  open();
  add(1, 1);
  close();
  constexpr uid_t kNobody = 65534;
  for (const std::string& name : {std::string(""), std::string("/jobs"), std::string("/history.db")})
    ASSERT_EQ(::chown((directory_ + name).c_str(), kNobody, kNobody), 0);
  // Not its owner's either, who could change the mode: root's.
  ASSERT_EQ(::chown(database().c_str(), 0, 0), 0);
  ASSERT_EQ(::chmod(database().c_str(), 0444), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(work_as(kNobody) ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Trouble, D4_a_newer_version_is_refused_with_a_remedy_and_not_touched) {
  open();
  add(1, 1);
  close();
  Database(database()).run("PRAGMA user_version = 1000");
  const std::string before = text_of(database());
  try {
    open();
    FAIL() << "it was opened";
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find(database()), std::string::npos) << text;
    EXPECT_NE(text.find("1000"), std::string::npos) << text;
    EXPECT_NE(text.find("--state"), std::string::npos) << text;
  }
  EXPECT_EQ(text_of(database()), before);
  EXPECT_TRUE(files("history.db.damaged-").empty());
}

TEST_F(Trouble, D2_each_version_that_was_ever_released_is_read) {
  for (std::size_t version = 1; version <= schema_steps().size(); ++version) {
    fs::remove(database());
    const std::string dump = text_of("tests/history/fixtures/version_" + std::to_string(version) + ".sql");
    ASSERT_FALSE(dump.empty()) << "there is no fixture of version " << version;
    Database(database()).run(dump);
    History::Settings settings;
    settings.bounds.age = std::chrono::hours(24 * 366 * 100);
    open(settings);
    const auto found = get(history().find("01JDQ2Z8M4Y6T3V9K1B7C5D0EF"));
    ASSERT_TRUE(found) << version;
    EXPECT_EQ(found->job->name, "build");
    EXPECT_EQ(found->job->result->outcome, config::Outcome::failed);
    EXPECT_EQ(found->job->result->exits.front().code, 3);
    EXPECT_EQ(found->owner, 1000u);
    HistoryFilter filter;
    filter.labels = {{"branch", "main"}};
    EXPECT_EQ(ids(filter).size(), 1u);
    add(1, 1);
    EXPECT_EQ(ids().size(), 3u);
    EXPECT_TRUE(said().empty()) << testing::PrintToString(said());
    close();
  }
}

TEST_F(Trouble, an_older_version_is_led_to_the_present_one_step_by_step_and_a_failing_step_changes_nothing) {
  open();
  add(1, 5);
  close();
  std::vector<std::string_view> steps(schema_steps().begin(), schema_steps().end());
  steps.push_back("ALTER TABLE job ADD COLUMN mood TEXT; UPDATE job SET mood = 'calm'");
  steps.push_back("CREATE INDEX job_mood ON job (mood)");
  History::Settings settings;
  settings.schema = steps;
  open(settings);
  add(6, 6);
  EXPECT_EQ(ids().size(), 6u);
  close();
  EXPECT_EQ(Database(database()).number("SELECT count(*) FROM job WHERE mood = 'calm'"), 5);
  const auto version = static_cast<std::int64_t>(steps.size());
  EXPECT_EQ(Database(database()).number("PRAGMA user_version"), version);
  steps.push_back("CREATE TABLE half (x); CREATE TABLE half (x)");
  Database old(database());
  EXPECT_THROW(migrate(old, steps), DatabaseError);
  EXPECT_EQ(old.number("PRAGMA user_version"), version);
  EXPECT_EQ(old.number("SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
}

TEST_F(Trouble, logs_of_jobs_that_only_a_database_set_aside_knows_are_kept_beside_it) {
  write_log(id_of(1), 10);
  std::ofstream(database()) << std::string(5000, 'j');
  open();
  finish(history().sweep_orphaned_logs([](const std::string&) { return false; }));
  EXPECT_FALSE(has_log(id_of(1)));
  EXPECT_TRUE(fs::exists(directory_ + "/" + files("history.db.damaged-").front() + ".logs/" + id_of(1) + "/output"));
}

// With a file system of its own, that nobody else sees.
class FullDisk : public Trouble {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a file system";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("none", directory_.c_str(), "tmpfs", 0, "size=2m"), 0);
    mounted_ = true;
  }
  void TearDown() override {
    close();
    if (!mounted_) return;
    EXPECT_EQ(::umount2(directory_.c_str(), MNT_DETACH), 0);
  }
  void fill() {
    std::ofstream file(filler(), std::ios::binary);
    while (file << std::string(4096, 'x') << std::flush) {
    }
  }
  void make_room() { fs::remove(filler()); }
  std::string filler() const { return directory_ + "/filler"; }

 private:
  bool mounted_ = false;
};

History::Settings impatient() {
  History::Settings settings;
  settings.first_retry = 20ms;
  return settings;
}

// Enough that what SQLite has room for already does not take them.
void add_many(History& history, int first, int last) {
  for (int number = first; number <= last; ++number) history.add(row_of(number));
}

TEST_F(FullDisk, D5_rows_wait_for_room_and_it_is_said_once) {
  open(impatient());
  add(1, 5);
  fill();
  add_many(history(), 6, 800);
  ASSERT_TRUE(eventually([&] { return times_said("cannot be written") > 0; }));
  // Reading goes on.
  EXPECT_GE(ids().size(), 5u);
  make_room();
  finish(history().committed());
  EXPECT_EQ(ids().size(), 800u);
  EXPECT_EQ(times_said("cannot be written"), 1u);
  EXPECT_EQ(times_said("can be written again"), 1u);
}

TEST_F(FullDisk, D5_beyond_the_cap_the_oldest_are_given_up_with_their_logs_and_counted) {
  History::Settings settings = impatient();
  settings.most_waiting = 600;
  open(settings);
  add(1, 1);
  write_log(id_of(2), 10);
  fill();
  add_many(history(), 2, 600);
  ASSERT_TRUE(eventually([&] { return times_said("cannot be written") > 0; }));
  add_many(history(), 601, 1700);
  ASSERT_FALSE(forgotten_.empty());
  EXPECT_EQ(forgotten_.front(), id_of(2));
  ASSERT_TRUE(eventually([&] { return !has_log(id_of(2)); }));
  make_room();
  finish(history().committed());
  EXPECT_EQ(ids().size() + forgotten_.size(), 1700u);
  EXPECT_EQ(ids().back(), id_of(1700));
  EXPECT_EQ(times_said("had to be given up"), 1u);
}

TEST_F(FullDisk, D5_a_disk_that_is_full_at_the_start_is_waited_for) {
  fill();
  open(impatient());
  EXPECT_EQ(times_said("cannot be written"), 1u);
  history().add(row_of(1));
  EXPECT_THROW(get(history().find(id_of(1))), std::runtime_error);
  make_room();
  finish(history().committed());
  EXPECT_TRUE(get(history().find(id_of(1))));
  EXPECT_TRUE(files("history.db.damaged-").empty());
}

TEST_F(FullDisk, D5_what_was_removed_while_it_waited_does_not_come_back) {
  open(impatient());
  add(1, 1);
  fill();
  add_many(history(), 2, 700);
  ASSERT_TRUE(eventually([&] { return times_said("cannot be written") > 0; }));
  std::vector<std::string> some = {id_of(700)};
  try {
    get(history().remove(std::move(some)));
  } catch (const std::runtime_error&) {
    // There may be no room for the removal either.
  }
  make_room();
  finish(history().committed());
  EXPECT_FALSE(get(history().find(id_of(700))));
  EXPECT_EQ(ids().size(), 699u);
}

}  // namespace
}  // namespace coppice::daemon
