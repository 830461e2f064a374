#include "cgroup/places.h"

#include <gtest/gtest.h>

namespace coppice::cgroup {
namespace {

constexpr char kUnified[] =
    "22 1 0:20 / /proc rw,relatime - proc proc rw\n"
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr char kHybrid[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime master:2 shared:3 - cgroup2 cgroup2 rw\n";

using Strings = std::vector<std::string>;

TEST(Places, are_the_own_cgroup_and_the_root_of_the_mount) {
  const Places places = find_places(kUnified, "0::/user.slice/a.scope\n");
  EXPECT_EQ(places.own, Strings{"/sys/fs/cgroup/user.slice/a.scope"});
  EXPECT_EQ(places.roots, Strings{"/sys/fs/cgroup"});
}

TEST(Places, mounts_are_told_apart_by_the_version_of_cgroups) {
  const auto unified = cgroup2_mounts(kHybrid);
  ASSERT_EQ(unified.size(), 1u);
  EXPECT_EQ(unified[0].point, "/sys/fs/cgroup/unified");
  const auto legacy = cgroup1_mounts(kHybrid);
  ASSERT_EQ(legacy.size(), 1u);
  EXPECT_EQ(legacy[0].point, "/sys/fs/cgroup/memory");
}

TEST(Places, on_a_hybrid_host_are_below_unified) {
  const Places places = find_places(kHybrid, "4:memory:/process\n1:name=systemd:/x\n0::/\n");
  EXPECT_EQ(places.own, Strings{"/sys/fs/cgroup/unified"});
  EXPECT_EQ(places.roots, Strings{"/sys/fs/cgroup/unified"});
}

TEST(Places, below_a_bind_mount_start_at_its_root) {
  constexpr char kText[] = "50 1 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(find_places(kText, "0::/docker/abc/x\n").own, Strings{"/sys/fs/cgroup/x"});
  EXPECT_EQ(find_places(kText, "0::/docker/abc\n").own, Strings{"/sys/fs/cgroup"});
  EXPECT_TRUE(find_places(kText, "0::/docker/abcd\n").own.empty());
  EXPECT_TRUE(find_places(kText, "0::/\n").own.empty());
}

TEST(Places, outside_of_the_cgroup_namespace_are_not_ours) {
  constexpr char kText[] = "50 1 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
  EXPECT_TRUE(find_places(kText, "0::/\n").own.empty());
  EXPECT_TRUE(find_places(kUnified, "0::/../other\n").own.empty());
  EXPECT_EQ(find_places(kUnified, "0::/../other\n").roots, Strings{"/sys/fs/cgroup"});
}

TEST(Places, with_blanks_in_their_names_are_unescaped) {
  constexpr char kText[] = "50 1 0:26 / /mnt/a\\040b rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(find_places(kText, "0::/\n").roots, Strings{"/mnt/a b"});
}

TEST(Places, that_a_later_mount_covers_do_not_count) {
  constexpr char kText[] =
      "50 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
      "51 50 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
  EXPECT_TRUE(find_places(kText, "0::/\n").roots.empty());
}

TEST(Places, are_none_without_cgroup2_and_in_garbage) {
  EXPECT_TRUE(find_places("22 1 0:20 / /proc rw - proc proc rw\n", "0::/\n").roots.empty());
  EXPECT_TRUE(find_places("", "").own.empty());
  EXPECT_TRUE(find_places("a b c\n1 2 3 4 5 6 7 8 9\n1 2 3 4 5 6 7 8 -\n", "0:\n::\n").roots.empty());
  EXPECT_TRUE(find_places(kUnified, "4:memory:/a\n").own.empty());
}

}  // namespace
}  // namespace coppice::cgroup
