#include "config/users.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "config/errors.h"

namespace coppice::config {
namespace {

constexpr uid_t kStranger = 3999999999;

std::string refused(const JobSpec& spec) {
  try {
    (void)resolve_identity(spec, 1, 1);
  } catch (const InvalidSpec& error) {
    return error.field();
  }
  return "";
}

TEST(Users, root_is_found_by_name_and_number) {
  const auto by_name = find_account("root");
  const auto by_number = find_account(uid_t{0});
  ASSERT_TRUE(by_name && by_number);
  EXPECT_EQ(by_name->uid, 0U);
  EXPECT_EQ(by_number->name, "root");
  EXPECT_EQ(by_name->home, by_number->home);
}

TEST(Users, who_does_not_exist_is_not_found) {
  EXPECT_FALSE(find_account("no-such-user-here"));
  EXPECT_FALSE(find_account(kStranger));
}

TEST(Users, a_spec_that_names_nobody_runs_as_the_caller) {
  const Identity identity = resolve_identity(JobSpec(), kStranger, 77);
  EXPECT_EQ(identity.uid, kStranger);
  EXPECT_EQ(identity.gid, 77U);
  EXPECT_TRUE(identity.groups.empty());
}

TEST(Users, a_named_user_brings_its_groups) {
  JobSpec spec;
  spec.user = "root";
  const Identity identity = resolve_identity(spec, 1, 1);
  EXPECT_EQ(identity.uid, 0U);
  EXPECT_EQ(identity.gid, 0U);
  EXPECT_NE(identity.groups.size(), 0U);
}

TEST(Users, numbers_need_no_account_if_a_group_is_given) {
  JobSpec spec;
  spec.user = "3999999999";
  EXPECT_EQ(refused(spec), "spec.group");
  spec.group = "12345";
  spec.supplementary_groups = {"7", "root"};
  const Identity identity = resolve_identity(spec, 1, 1);
  EXPECT_EQ(identity.uid, kStranger);
  EXPECT_EQ(identity.gid, 12345U);
  EXPECT_EQ(identity.groups, (std::vector<gid_t>{7, 0}));
}

TEST(Users, no_supplementary_groups_is_an_answer) {
  JobSpec spec;
  spec.user = "root";
  spec.supplementary_groups.emplace();
  EXPECT_TRUE(resolve_identity(spec, 1, 1).groups.empty());
}

TEST(Users, names_that_do_not_exist_are_refused_by_field) {
  JobSpec spec;
  spec.user = "no-such-user-here";
  EXPECT_EQ(refused(spec), "spec.user");
  // The number that means "unchanged" to setuid(2).
  spec.user = "4294967295";
  EXPECT_EQ(refused(spec), "spec.user");
  spec.user.reset();
  spec.group = "no-such-group-here";
  EXPECT_EQ(refused(spec), "spec.group");
  spec.group.reset();
  spec.supplementary_groups = {"root", "no-such-group-here"};
  EXPECT_EQ(refused(spec), "spec.supplementaryGroups[1]");
}

TEST(Users, ids_without_a_name_are_shown_as_numbers) {
  UserNames names;
  EXPECT_EQ(names.of(0), "root");
  EXPECT_EQ(names.of(kStranger), "3999999999");
  EXPECT_EQ(names.of(0), "root");
}

}  // namespace
}  // namespace coppice::config
