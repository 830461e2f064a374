#include "cgroup/mount_points.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace coppice::cgroup::test {
namespace {

constexpr int kNotAllowed = 77;

bool has(const std::vector<std::string>& list, const std::string& point) {
  return std::find(list.begin(), list.end(), point) != list.end();
}

// In mounts that nobody else sees: what went wrong, or 0.
int follow(const std::string& directory) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNotAllowed;
  MountPoints mounts;
  mounts.refresh();
  if (has(mounts.unified(), directory)) return 1;
  if (::mount("none", directory.c_str(), "cgroup2", 0, nullptr) != 0) return kNotAllowed;
  mounts.refresh();
  if (!has(mounts.unified(), directory) || has(mounts.legacy(), directory)) return 2;
  mounts.refresh();
  if (!has(mounts.unified(), directory)) return 3;
  if (::umount2(directory.c_str(), MNT_DETACH) != 0) return 4;
  mounts.refresh();
  return has(mounts.unified(), directory) ? 5 : 0;
}

TEST(MountPoints, come_and_go_with_the_mounts) {
  std::string directory = "/tmp/coppice-mounts-XXXXXX";
  ASSERT_TRUE(::mkdtemp(directory.data()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(follow(directory));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::filesystem::remove(directory);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace coppice::cgroup::test
