// What an earlier version of the daemon has left is read.
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/recovery.h"
#include "tests/register/folder.h"

namespace coppice::daemon {
namespace {

// One job that ran, one that was queued behind it, and one that had failed.
TEST(RegisterFixture, D2_version_1_is_understood) {
  const Folder folder;
  const std::string directory = folder.path() + "/register";
  std::filesystem::create_directory(directory);
  std::filesystem::copy_file("tests/register/fixtures/version-1/00000001", directory + "/00000001");
  std::filesystem::permissions(directory + "/00000001", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  asio::io_context io;
  EventHub events(io);
  Register book(directory);
  const Recovery recovery(book, events);
  EXPECT_TRUE(book.problems().empty());
  EXPECT_FALSE(recovery.shutdown());
  EXPECT_EQ(recovery.live(), 2u);

  ASSERT_EQ(events.last_sequence(), 6u);
  const JobEvent* first = events.after(0);
  EXPECT_EQ(first->kind, config::EventKind::started);
  EXPECT_EQ(first->job->name, "first");
  EXPECT_EQ(first->job->slice, "ci");
  EXPECT_EQ(first->job->labels.at("a"), "b");
  const JobEvent* ready = events.after(1);
  EXPECT_EQ(ready->kind, config::EventKind::ready);
  EXPECT_EQ(ready->job->main_pids.size(), 1u);
  const JobEvent* queued = events.after(2);
  EXPECT_EQ(queued->kind, config::EventKind::queued);
  EXPECT_EQ(queued->job->commands.at(0).argv, (std::vector<std::string>{"printf", "a\\377b"}));
  const JobEvent* last = events.after(5);
  EXPECT_EQ(last->kind, config::EventKind::ended);
  EXPECT_EQ(last->job->result->exits.at(0).code, 1);
}

}  // namespace
}  // namespace coppice::daemon
