#include "cgroup/hierarchy.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "cgroup/files.h"
#include "process/info/process_info.h"
#include "tests/cgroup/ground.h"

namespace coppice::cgroup::test {
namespace {

class HierarchyTest : public Ground {};

// What `body` has to complain about, run in a process of its own; empty if nothing.
std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::string words;
    try {
      words = body();
    } catch (const std::exception& error) {
      words = error.what();
    }
    static_cast<void>(!::write(ends[1], words.data(), words.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  const UniqueFd input(ends[0]);
  std::string words;
  char piece[512];
  for (ssize_t got; (got = ::read(input.get(), piece, sizeof piece)) > 0;)
    words.append(piece, static_cast<std::size_t>(got));
  ::waitpid(pid, nullptr, 0);
  return words;
}

TEST_F(HierarchyTest, is_a_directory_of_our_own) {
  EXPECT_NE(hierarchy().path().find("/coppice-"), std::string::npos);
  EXPECT_EQ(::access((hierarchy().path() + "/cgroup.procs").c_str(), W_OK), 0);
  EXPECT_EQ(hierarchy().controllers().size() + hierarchy().missing().size(), 4u);
  for (const auto& missing : hierarchy().missing()) EXPECT_FALSE(missing.reason.empty()) << missing.name;
}

TEST_F(HierarchyTest, of_a_given_name_is_taken_over_and_cleared) {
  const Search search{.name = "inner", .own_processes = {}, .below = hierarchy().path()};
  Hierarchy first = Hierarchy::find(search);
  {
    Pen left = Pen::create(first.slices().open("a/b"), "LEFT");
    start(left.directory(), {"family", "3"});
    static_cast<void>(make_cgroup(left.directory(), "nested"));
  }
  EXPECT_FALSE(first.remove()) << "there are pens in it";
  Hierarchy second = Hierarchy::find(search);
  EXPECT_EQ(second.path(), first.path());
  EXPECT_TRUE(second.clear());
  EXPECT_TRUE(second.remove());
  EXPECT_EQ(::access(second.path().c_str(), F_OK), -1);
}

TEST_F(HierarchyTest, refuses_a_directory_that_is_no_cgroup) {
  try {
    Hierarchy::find({.name = "", .own_processes = {}, .below = "/tmp"});
    FAIL() << "made in /tmp";
  } catch (const NoHierarchy& none) {
    EXPECT_NE(std::string(none.what()).find("\"/tmp\" shows no cgroup2 file system"), std::string::npos);
  }
  EXPECT_THROW(Hierarchy::find({.name = "../x", .own_processes = {}, .below = ""}), std::invalid_argument);
}

TEST_F(HierarchyTest, D4_an_unprivileged_user_gets_a_sentence_with_a_remedy) {
  if (::geteuid() != 0) GTEST_SKIP() << "root, in order to become somebody else";
  const std::string words = in_child([]() -> std::string {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return "not switched";
    Hierarchy::find({});
    return "it was let in";
  });
  EXPECT_TRUE(words.starts_with("no cgroup can be made: ")) << words;
  EXPECT_NE(words.find("permission denied"), std::string::npos) << words;
  EXPECT_NE(words.find("systemd-run --user --scope -p Delegate=yes"), std::string::npos) << words;
}

TEST_F(HierarchyTest, is_found_by_the_user_to_whom_its_cgroup_was_delegated) {
  if (::geteuid() != 0) GTEST_SKIP() << "root, in order to become somebody else";
  const UniqueFd delegated = make_cgroup(::open(hierarchy().path().c_str(), O_PATH | O_CLOEXEC), "user");
  ASSERT_EQ(::fchown(delegated.get(), 65534, 65534), 0);
  ASSERT_EQ(::fchownat(delegated.get(), "cgroup.procs", 65534, 65534, 0), 0);
  ASSERT_EQ(::fchownat(delegated.get(), "cgroup.subtree_control", 65534, 65534, 0), 0);
  const std::string expected = hierarchy().path() + "/user/coppice-mine";
  const std::string words = in_child([&]() -> std::string {
    if (write_file(delegated.get(), "cgroup.procs", "0") != 0) return "not moved";
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return "not switched";
    Hierarchy own = Hierarchy::find({.name = "mine", .own_processes = {::getpid()}, .below = ""});
    if (own.path() != expected) return "found " + own.path();
    Pen pen = Pen::create(own.slices().open("a"), "JOB");
    const pid_t child = ::fork();
    if (child == 0) ::_exit(write_file(pen.directory(), "cgroup.procs", "0") == 0 ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    if (status != 0) return "a process cannot be put into the pen";
    if (!pen.remove()) return "the pen stays";
    return own.remove() ? "" : "our directory stays";
  });
  EXPECT_EQ(words, "");
}

TEST_F(HierarchyTest, is_found_in_a_private_cgroup_namespace) {
  const std::string words = in_child([]() -> std::string {
    if (::unshare(CLONE_NEWNS | CLONE_NEWCGROUP) != 0) return "skip";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "skip";
    if (::mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, nullptr) != 0) return "skip";
    Hierarchy own = Hierarchy::find({.name = "", .own_processes = {::getpid()}, .below = ""});
    if (!own.path().starts_with("/sys/fs/cgroup/coppice-")) return "found " + own.path();
    Pen pen = Pen::create(own.slices().open(""), "JOB");
    if (!pen.remove()) return "the pen stays";
    return own.remove() ? "" : "our directory stays";
  });
  if (words == "skip") GTEST_SKIP() << "mount and cgroup namespaces";
  EXPECT_EQ(words, "");
}

TEST_F(HierarchyTest, is_not_looked_for_in_vain_where_no_cgroup2_is_mounted) {
  const std::string words = in_child([]() -> std::string {
    if (::unshare(CLONE_NEWNS) != 0) return "skip";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "skip";
    while (::umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0) continue;
    if (::umount2("/sys/fs/cgroup", MNT_DETACH) != 0) return "skip";
    Hierarchy::find({});
    return "found one";
  });
  if (words == "skip") GTEST_SKIP() << "a mount namespace";
  EXPECT_NE(words.find("no cgroup2 file system is mounted"), std::string::npos) << words;
}

}  // namespace
}  // namespace coppice::cgroup::test
