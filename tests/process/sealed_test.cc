// What a job that could write to cgroup files sees of cgroups.
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <sstream>

#include "cgroup/mount_points.h"
#include "tests/process/call_filter.h"
#include "tests/process/keeper.h"

namespace coppice::process::test {
namespace {

struct MountLine {
  std::string root;
  std::string point;
  bool read_only = false;
  std::string type;
};

// Those of cgroups, in the order of mounting.
std::vector<MountLine> cgroup_mounts(const std::string& mountinfo) {
  std::vector<MountLine> mounts;
  std::istringstream lines(mountinfo);
  for (std::string text; std::getline(lines, text);) {
    const auto dash = text.find(" - cgroup");
    if (dash == text.npos) continue;
    std::istringstream fields(text);
    std::string skip;
    std::string options;
    MountLine mount;
    fields >> skip >> skip >> skip >> mount.root >> mount.point >> options;
    mount.read_only = options.starts_with("ro");
    mount.type = text.substr(dash + 3, text.find(' ', dash + 3) - dash - 3);
    mounts.push_back(mount);
  }
  return mounts;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Sealed : public KeeperTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    KeeperTest::SetUp();
    if (directory_.empty()) return;
    mounts_.refresh();
    pen_ = pen();
    // Where namespaces may not be made there is nothing to test.
    if (!pen_ || IsSkipped()) return;
    const auto failed = failure_of(shell("true"));
    if (failed && failed->step == Step::cgroup_namespace && failed->error == EPERM)
      GTEST_SKIP() << "no cgroup namespace can be made here";
  }

  Launch shell(const std::string& line, CgroupView view = CgroupView::sealed) const {
    Launch launch;
    launch.candidates = {"/bin/sh"};
    launch.argv = {"sh", "-c", line};
    launch.environment = {"PATH=/usr/bin:/bin"};
    launch.cgroup_view = view;
    launch.cgroup2_mounts = mounts_.unified();
    launch.cgroup1_mounts = mounts_.legacy();
    return launch;
  }

  // Another keeper; the one before it has taken its pens along.
  void with_keeper(const std::function<void()>& prepare) {
    restart(prepare);
    pen_ = pen();
  }

  // What it said, in the pen that all share, one after the other.
  std::string said(const Launch& wanted) {
    const Command command = launch(wanted, pen_->fd());
    const auto failed = keeper().await<Launched>(command.key) ? std::nullopt : keeper().await<Failed>(command.key);
    EXPECT_FALSE(failed) << step_name(failed->step) << " " << failed->error;
    if (failed) return {};
    const std::string text = command.text();
    EXPECT_TRUE(keeper().await<Exited>(command.key));
    return text;
  }

  std::optional<Failed> failure_of(const Launch& wanted, bool in_pen = true) {
    const Command command = launch(wanted, in_pen ? pen_->fd() : -1);
    while (const auto report = keeper().next()) {
      if (const auto* failed = std::get_if<Failed>(&*report); failed && failed->key == command.key) return *failed;
      if (const auto* exited = std::get_if<Exited>(&*report); exited && exited->key == command.key) break;
    }
    return std::nullopt;
  }

  void expect_failure(const Launch& wanted, Step step, int error, bool in_pen = true) {
    const auto failed = failure_of(wanted, in_pen);
    ASSERT_TRUE(failed);
    EXPECT_EQ(step_name(failed->step), step_name(step));
    EXPECT_EQ(static_cast<int>(failed->error), error);
  }

  // Looks at every mount of cgroup2.
  std::string look() const {
    std::string line = "grep ^0:: /proc/self/cgroup\n";
    for (const std::string& mount : mounts_.unified())
      line += "read pid < " + mount + "/cgroup.procs; [ $pid = $$ ] && echo own\n[ -w " + mount +
              "/cgroup.procs ] || echo closed\nmkdir " + mount + "/nested 2>/dev/null || echo closed\n";
    return line;
  }

  std::string expected_look() const {
    std::string text = "0::/\n";
    for (std::size_t i = 0; i < mounts_.unified().size(); ++i) text += "own\nclosed\nclosed\n";
    return text;
  }

  cgroup::MountPoints mounts_;
  TestPen* pen_ = nullptr;
};

TEST_P(Sealed, K10_a_sealed_job_sees_its_pen_alone_and_cannot_write_to_it) {
  Launch wanted = shell(look());
  EXPECT_EQ(said(wanted), expected_look());
  wanted.enter_pen_by_write = true;
  EXPECT_EQ(said(wanted), expected_look());
}

TEST_P(Sealed, K10_every_mount_of_cgroups_is_read_only_those_of_v1_too) {
  const auto outside = cgroup_mounts(text_of("/proc/self/mountinfo"));
  const auto inside = cgroup_mounts(said(shell("cat /proc/self/mountinfo")));
  EXPECT_EQ(inside.size(), outside.size() + mounts_.unified().size());
  for (const MountLine& mount : inside) EXPECT_TRUE(mount.read_only) << mount.point << " of " << mount.type;
  // And nothing has changed for anybody else.
  const auto after = cgroup_mounts(text_of("/proc/self/mountinfo"));
  ASSERT_EQ(after.size(), outside.size());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].read_only, outside[i].read_only) << after[i].point;
}

TEST_P(Sealed, K10_kernels_without_mount_setattr_do_it_another_way) {
  with_keeper([] {
    if (!answer_for_kernel(SYS_mount_setattr, ENOSYS)) ::_exit(125);
  });
  if (!keeper().answers()) GTEST_SKIP() << "no seccomp filter can be set here";
  for (const MountLine& mount : cgroup_mounts(said(shell("cat /proc/self/mountinfo"))))
    EXPECT_TRUE(mount.read_only) << mount.point << " of " << mount.type;
}

TEST_P(Sealed, K10_a_delegated_job_writes_below_its_pen_and_nowhere_else) {
  const std::string& mount = mounts_.unified().front();
  const auto inside = cgroup_mounts(said(shell("mkdir " + mount + "/nested && echo $$ > " + mount +
                                                   "/nested/cgroup.procs && cat /proc/self/mountinfo",
                                               CgroupView::delegated)));
  EXPECT_FALSE(inside.empty());
  EXPECT_EQ(::rmdir((pen_->path() + "/nested").c_str()), 0);
  for (const MountLine& line : inside)
    EXPECT_EQ(line.read_only, line.type != "cgroup2" || line.root != "/") << line.root << " at " << line.point;
}

TEST_P(Sealed, K10_what_a_job_mounts_shows_nowhere_else) {
  const std::string point = directory_ + "/point";
  ASSERT_EQ(::mkdir(point.c_str(), 0755), 0);
  // As systemd has it: whatever is mounted is everybody's.
  with_keeper([] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0)
      ::_exit(125);
  });
  ASSERT_TRUE(keeper().answers());
  const std::string mountinfo = "/proc/" + std::to_string(keeper().pid()) + "/mountinfo";
  const std::string before = text_of(mountinfo);
  EXPECT_EQ(said(shell("mount -t tmpfs none " + point + " && echo mounted")), "mounted\n");
  EXPECT_EQ(text_of(mountinfo), before);
}

TEST_P(Sealed, K10_what_is_not_mounted_any_more_is_passed_over) {
  Launch wanted = shell(look());
  wanted.cgroup2_mounts.push_back("/nowhere/cgroup");
  wanted.cgroup2_mounts.push_back(directory_);
  wanted.cgroup1_mounts.push_back("/nowhere/cgroup");
  // A directory of a hierarchy, and not where it is mounted.
  wanted.cgroup2_mounts.push_back(pen_->path());
  EXPECT_EQ(said(wanted), expected_look());
}

TEST_P(Sealed, S5_what_the_kernel_refuses_is_a_failed_step) {
  with_keeper([] { ::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0); });
  expect_failure(shell("true"), Step::cgroup_namespace, EPERM);
  with_keeper([] {
    if (!answer_for_kernel(SYS_move_mount, EACCES)) ::_exit(125);
  });
  if (!keeper().answers()) GTEST_SKIP() << "no seccomp filter can be set here";
  expect_failure(shell("true"), Step::cgroup_mount, EACCES);
}

TEST_P(Sealed, K10_without_a_pen_there_is_nothing_to_be_sealed_in) {
  expect_failure(shell("true"), Step::cgroup_namespace, EINVAL, false);
}

TEST_P(Sealed, K10_a_namespace_that_is_rooted_elsewhere_is_noticed) {
  // In mounts that nobody else has, a kernel that makes no namespaces and says that it did.
  with_keeper([] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        !answer_for_kernel(SYS_unshare, 0))
      ::_exit(125);
  });
  if (!keeper().answers()) GTEST_SKIP() << "no seccomp filter can be set here";
  expect_failure(shell("true"), Step::cgroup_namespace, EXDEV);
}

COPPICE_BOTH_KEEPERS(Sealed);

}  // namespace
}  // namespace coppice::process::test
