#include "cli/predecessor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace coppice::cli {
namespace {

class Predecessor : public testing::Test {
 protected:
  Predecessor() {
    std::string pattern = testing::TempDir() + "predecessor-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    lock_.reset(::open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }
  ~Predecessor() override {
    std::error_code ignored;  // a left directory fails no test
    std::filesystem::remove_all(folder_, ignored);
  }

  void hold(pid_t pid) {
    ASSERT_EQ(::flock(lock_.get(), LOCK_EX | LOCK_NB), 0);
    const std::string text = std::to_string(pid) + "\n";
    ASSERT_EQ(::pwrite(lock_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  bool is_free() {
    const UniqueFd other(::open((folder_ + "/lock").c_str(), O_RDWR | O_CLOEXEC));
    return ::flock(other.get(), LOCK_EX | LOCK_NB) == 0;
  }

  std::string folder_;
  UniqueFd lock_;
};

TEST_F(Predecessor, nobody_is_waited_for_where_nobody_holds_the_directory) {
  await_predecessor(folder_);
  await_predecessor(folder_ + "/none");
  EXPECT_TRUE(is_free());
}

TEST_F(Predecessor, a_keeper_that_outlives_its_supervisor_is_waited_for) {
  const pid_t supervisor = ::fork();
  if (supervisor == 0) ::_exit(0);
  ASSERT_GT(supervisor, 0);
  hold(supervisor);
  // Holds the directory by the same open file, and lets go some time after the supervisor has gone.
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, supervisor, 0));
    pollfd polled = {process, POLLIN, 0};
    static_cast<void>(::poll(&polled, 1, -1));
    static_cast<void>(::poll(nullptr, 0, 200));
    ::_exit(0);
  }
  ASSERT_GT(keeper, 0);
  lock_.reset();
  EXPECT_FALSE(is_free());
  await_predecessor(folder_);
  EXPECT_TRUE(is_free());
  EXPECT_EQ(::waitpid(keeper, nullptr, 0), keeper);
  // Reaped, its number tells of nobody.
  EXPECT_EQ(::waitpid(supervisor, nullptr, 0), supervisor);
}

}  // namespace
}  // namespace coppice::cli
