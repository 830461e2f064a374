#include "daemon/privileges.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ipc/varlink/method_error.h"

namespace coppice::daemon {
namespace {

constexpr uid_t kUser = 1000;

varlink::Peer peer(uid_t uid) {
  varlink::Peer peer;
  peer.uid = uid;
  peer.gid = uid;
  return peer;
}

config::Identity identity(uid_t uid) {
  config::Identity identity;
  identity.uid = uid;
  identity.gid = uid;
  return identity;
}

// The reason of the refusal; empty if there is none.
template <typename Ask>
std::string refused(const Ask& ask) {
  try {
    ask();
  } catch (const varlink::MethodError& error) {
    EXPECT_EQ(error.name(), "io.coppice.Jobs.PermissionDenied");
    return error.parameters().at("reason");
  }
  return "";
}

std::string identity_refused(uid_t wanted, uid_t who, uid_t own, bool groups = false) {
  return refused([&] { require_identity(identity(wanted), peer(who), groups, own); });
}

TEST(Privileges, A2_root_runs_jobs_as_anybody_through_a_daemon_of_roots) {
  EXPECT_EQ(identity_refused(kUser, 0, 0, true), "");
  EXPECT_EQ(identity_refused(0, 0, 0, true), "");
}

TEST(Privileges, A2_a_user_runs_jobs_as_itself_with_its_own_groups) {
  EXPECT_EQ(identity_refused(kUser, kUser, 0), "");
  EXPECT_NE(identity_refused(0, kUser, 0).find("leave user out"), std::string::npos);
  EXPECT_NE(identity_refused(kUser, kUser, 0, true).find("leave group"), std::string::npos);
}

TEST(Privileges, A2_a_daemon_of_a_users_runs_jobs_as_that_user) {
  EXPECT_EQ(identity_refused(kUser, kUser, kUser), "");
  // Not even root gets another from it, and is told why.
  EXPECT_NE(identity_refused(0, 0, kUser).find("this daemon runs as user 1000"), std::string::npos);
}

TEST(Privileges, A2_a_root_directory_is_roots_and_its_daemons) {
  config::JobSpec spec;
  spec.root_directory = "/srv";
  EXPECT_EQ(refused([&] { require_privileges(spec, peer(0), 0); }), "");
  for (const auto& [who, own] : {std::pair(kUser, uid_t{0}), std::pair(kUser, kUser), std::pair(uid_t{0}, kUser)})
    // Clang 14 captures no structured binding by itself.
    EXPECT_NE(refused([&, who = who, own = own] { require_privileges(spec, peer(who), own); }).find("rootDirectory"),
              std::string::npos);
}

TEST(Privileges, A2_what_roots_keeper_could_give_is_not_given_to_others) {
  config::JobSpec spec;
  spec.nice = -1;
  const auto ask = [&](uid_t own) { return refused([&] { require_privileges(spec, peer(kUser), own); }); };
  EXPECT_NE(ask(0).find("nice"), std::string::npos);
  // There the kernel knows who asks.
  EXPECT_EQ(ask(kUser), "");
  spec.nice = 0;
  EXPECT_EQ(ask(0), "");
  spec.oom_score_adjust = -1;
  EXPECT_NE(ask(0).find("oomScoreAdjust"), std::string::npos);
  spec.oom_score_adjust = 1;
  spec.limits.rlimits["core"] = {0, 0};
  EXPECT_EQ(ask(0), "");
}

}  // namespace
}  // namespace coppice::daemon
