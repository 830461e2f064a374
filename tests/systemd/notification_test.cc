// What goes to the service manager, and that nobody waits for it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "daemon/systemd/notification.h"
#include "tests/support/daemon.h"
#include "tests/systemd/manager.h"

namespace coppice::daemon {
namespace {

class NotificationTest : public testing::Test {
 protected:
  Notification make(const std::string& socket) {
    return Notification(io_, socket, 4711, [this](const std::string& problem) { complaints_.push_back(problem); });
  }

  asio::io_context io_;
  std::vector<std::string> complaints_;
  support::Folder folder_;
  support::FakeManager manager_{folder_.path() + "/notify"};
};

TEST_F(NotificationTest, it_names_the_main_process_when_ready) {
  Notification notification = make(manager_.path());
  EXPECT_TRUE(notification.heard());
  notification.ready();
  EXPECT_EQ(manager_.next(), "READY=1\nMAINPID=4711");
}

TEST_F(NotificationTest, a_reload_says_since_when) {
  Notification notification = make(manager_.path());
  notification.reloading();
  const std::string told = manager_.next();
  EXPECT_TRUE(told.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << told;
  EXPECT_GT(std::stoll(told.substr(told.rfind('=') + 1)), 0);
}

TEST_F(NotificationTest, the_end_asks_for_the_time_that_it_takes) {
  Notification notification = make(manager_.path());
  notification.stopping(std::chrono::seconds(45));
  EXPECT_EQ(manager_.next(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000");
}

TEST_F(NotificationTest, nobody_is_told_without_a_socket) {
  Notification notification = make("");
  EXPECT_FALSE(notification.heard());
  notification.ready();
  io_.run();
  EXPECT_TRUE(complaints_.empty());
}

TEST_F(NotificationTest, a_manager_that_is_gone_is_complained_of_once_and_found_again_when_it_is_back) {
  Notification notification = make(folder_.path() + "/later");
  notification.status("one");
  notification.status("two");
  ASSERT_EQ(complaints_.size(), 1u);
  EXPECT_NE(complaints_[0].find("STATUS=one"), std::string::npos) << complaints_[0];
  support::FakeManager later(folder_.path() + "/later");
  notification.status("three");
  EXPECT_EQ(later.next(), "STATUS=three");
}

TEST_F(NotificationTest, what_a_busy_manager_does_not_take_waits_in_order_and_only_the_latest_of_its_kind) {
  Notification notification = make(manager_.path());
  // More than its queue takes (net.unix.max_dgram_qlen), while it reads nothing: none of these calls waits.
  for (int i = 0; i < 5000; ++i) notification.status(std::to_string(i));
  notification.stopping(std::chrono::seconds(1));
  notification.alive();
  notification.alive();
  std::vector<std::string> told;
  while (told.empty() || told.back() != "WATCHDOG=1") {
    io_.poll();
    io_.restart();
    told.push_back(manager_.next());
  }
  ASSERT_LT(told.size(), 5000u);
  ASSERT_GE(told.size(), 4u);
  EXPECT_EQ(told[0], "STATUS=0");
  EXPECT_EQ(told[told.size() - 3], "STATUS=4999");
  EXPECT_TRUE(told[told.size() - 2].starts_with("STOPPING=1"));
  EXPECT_EQ(std::ranges::count(told, "WATCHDOG=1"), 1);
}

TEST_F(NotificationTest, an_abstract_address_is_reached_too) {
  const std::string name = "coppice-" + std::to_string(::getpid());
  support::FakeManager abstract("@" + name);
  Notification notification = make("@" + name);
  notification.status("x");
  EXPECT_EQ(abstract.next(), "STATUS=x");
}

}  // namespace
}  // namespace coppice::daemon
