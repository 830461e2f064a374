// As whom a job runs.
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>

#include "tests/roots/fixture.h"

namespace coppice::support {
namespace {

constexpr char kSayIds[] = "grep -E '^(Uid|Gid|Groups|NoNewPrivs):' /proc/self/status";

class Users : public Rooted {
 protected:
  // What the line of /proc/self/status that begins with `name` says, its blanks made one each.
  static std::string field(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string word;
      if (!(words >> word) || word != name + ":") continue;
      std::string value;
      while (words >> word) value += (value.empty() ? "" : " ") + word;
      return value;
    }
    return "?";
  }

  static std::string reason_of(const Failure& refused) {
    EXPECT_EQ(refused.name, "PermissionDenied");
    return refused.parameters.value("reason", "");
  }
};

TEST_F(Users, S10_a_user_by_name_or_number_brings_its_groups) {
  for (const char* name : {"nobody", "65534"}) {
    json wanted = shell(kSayIds);
    wanted["user"] = name;
    const std::string text = output_of(wanted);
    EXPECT_EQ(field(text, "Uid"), "65534 65534 65534 65534") << name;
    EXPECT_EQ(field(text, "Gid"), "65534 65534 65534 65534") << name;
    EXPECT_EQ(field(text, "Groups"), "65534") << name;
  }
}

TEST_F(Users, S10_group_and_further_groups_are_what_was_asked_for) {
  json wanted = shell(kSayIds);
  // Nobody's account is needed for a number with a group.
  wanted["user"] = "54321";
  EXPECT_EQ(refusal_of(wanted).parameters["field"], "spec.group");
  wanted["group"] = "54322";
  wanted["supplementaryGroups"] = {"30", "daemon", "20"};
  std::string text = output_of(wanted);
  EXPECT_EQ(field(text, "Uid"), "54321 54321 54321 54321");
  EXPECT_EQ(field(text, "Gid"), "54322 54322 54322 54322");
  EXPECT_EQ(field(text, "Groups"), "1 20 30");
  wanted["supplementaryGroups"] = json::array();
  text = output_of(wanted);
  EXPECT_EQ(field(text, "Groups"), "");
}

TEST_F(Users, S4_mask_niceness_and_the_rest_take_effect) {
  json wanted = shell(std::string(kSayIds) + "; echo Umask: $(umask); echo Oom: $(cat /proc/self/oom_score_adj); "
                                             "echo Nice: $(nice)");
  wanted["user"] = "nobody";
  wanted["umask"] = 0123;
  wanted["nice"] = -3;
  // Below 0 it takes a capability that a container's root may lack.
  wanted["oomScoreAdjust"] = 7;
  wanted["noNewPrivileges"] = true;
  const std::string text = output_of(wanted);
  EXPECT_EQ(field(text, "Umask"), "0123");
  EXPECT_EQ(field(text, "Oom"), "7");
  EXPECT_EQ(field(text, "Nice"), "-3");
  EXPECT_EQ(field(text, "NoNewPrivs"), "1");
  EXPECT_EQ(field(output_of(shell(kSayIds)), "NoNewPrivs"), "0");
}

TEST_F(Users, A2_another_user_runs_as_itself) {
  varlink::Client nobody = connect_as(kNobody);
  EXPECT_EQ(field(output_of(nobody, shell(kSayIds)), "Uid"), "65534 65534 65534 65534");
  json wanted = shell(kSayIds);
  for (const char* name : {"nobody", "65534"}) {
    wanted["user"] = name;
    EXPECT_EQ(field(output_of(nobody, wanted), "Uid"), "65534 65534 65534 65534") << name;
  }
}

TEST_F(Users, A2_only_root_runs_jobs_as_another_and_the_refusal_says_what_may_be_done) {
  varlink::Client nobody = connect_as(kNobody);
  for (const char* name : {"root", "0", "daemon", "1"}) {
    json wanted = shell("true");
    wanted["user"] = name;
    EXPECT_NE(reason_of(refusal_of(nobody, wanted)).find("leave user out"), std::string::npos) << name;
  }
  json wanted = shell("true");
  wanted["group"] = "root";
  EXPECT_NE(reason_of(refusal_of(nobody, wanted)).find("leave group"), std::string::npos);
  for (const json& groups : {json::array({"root"}), json::array()}) {
    wanted = shell("true");
    wanted["supplementaryGroups"] = groups;
    EXPECT_NE(reason_of(refusal_of(nobody, wanted)).find("supplementaryGroups"), std::string::npos) << groups;
  }
}

TEST_F(Users, A2_another_user_cannot_raise_itself_above_the_rest) {
  varlink::Client nobody = connect_as(kNobody);
  json wanted = shell("true");
  wanted["nice"] = -1;
  EXPECT_EQ(refusal_of(nobody, wanted).name, "PermissionDenied");
  wanted = shell("true");
  wanted["oomScoreAdjust"] = -1;
  EXPECT_EQ(refusal_of(nobody, wanted).name, "PermissionDenied");
  rlimit own{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &own), 0);
  wanted = shell("true");
  for (const json& limit : {json{{"soft", 1}, {"hard", own.rlim_max + 1}}, json{{"soft", 1}}, json::object()}) {
    wanted["limits"] = {{"rlimits", {{"nofile", limit}}}};
    EXPECT_EQ(refusal_of(nobody, wanted).name, "PermissionDenied") << limit;
  }
  wanted = shell("true");
  wanted["nice"] = 1;
  wanted["oomScoreAdjust"] = 1;
  wanted["limits"] = {{"rlimits", {{"nofile", {{"soft", 100}, {"hard", 100}}}}}};
  EXPECT_EQ(output_of(nobody, wanted), "");
}

TEST_F(Users, who_does_not_exist_is_refused_by_field) {
  json wanted = shell("true");
  wanted["user"] = "no-such-user-here";
  const Failure refused = refusal_of(wanted);
  EXPECT_EQ(refused.name, "InvalidSpec");
  EXPECT_EQ(refused.parameters["field"], "spec.user");
}

}  // namespace
}  // namespace coppice::support
