// Who may do what: root, users, members of the admin group.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "ipc/varlink/address.h"
#include "tests/access/fixture.h"

namespace coppice::support {
namespace {

// It has no name on most machines, and needs none.
constexpr gid_t kAdmins = 4711;
constexpr char kAdminSettings[] = "admin-group = \"4711\"\n";
const Who kUser{.uid = kNobody, .gid = kNobody};
const Who kAdmin{.uid = kBin, .gid = kBin, .groups = {kBin, kAdmins}};

varlink::Client connect_to(const std::string& path) {
  return varlink::Client(varlink::connect_unix(varlink::parse_address(path)));
}

class Access : public WithUsers {
 protected:
  static std::string refused(varlink::Client& client, std::string_view method, const json& parameters) {
    return failure(client, method, parameters).name;
  }
  static std::string start_refused(varlink::Client& client, const json& more) {
    json wanted = spec({"true"});
    wanted.update(more);
    return refused(client, "Start", {{"spec", wanted}});
  }
};

TEST_F(Access, A2_a_users_job_runs_as_that_user_and_is_nobody_elses_business) {
  varlink::Client user = connect_as(kUser), other = connect_as({.uid = kBin, .gid = kBin});
  const json job = start(user, shell("id -u; id -g; exec sleep 1000"));
  EXPECT_EQ(job.at("owner"), "nobody");
  EXPECT_TRUE(eventually([&] { return log_of(root(), job) == "65534\n65534\n"; })) << log_of(root(), job);
  for (const char* method : {"Kill", "Stop", "Freeze", "Thaw", "Processes"})
    EXPECT_EQ(refused(other, method, {{"job", ref(job)}}), "NoSuchJob") << method;
  EXPECT_EQ(refused(other, "SetLimits", {{"job", ref(job)}, {"limits", {{"wallTime", 1000}}}}), "NoSuchJob");
  EXPECT_EQ(refused(other, "ReadLog", {{"job", ref(job)}}), "NoSuchJob");
  EXPECT_EQ(refused(other, "Signal", {{"job", ref(job)}, {"signal", "SIGTERM"}}), "NoSuchJob");
  EXPECT_EQ(state_of(root(), job), "running");
  EXPECT_EQ(refused(user, "Kill", {{"job", ref(job)}}), "");
}

TEST_F(Access, A2_members_of_the_admin_group_touch_all_jobs) {
  begin(kAdminSettings);
  varlink::Client user = connect_as(kUser);
  const json mine = hold(root()), theirs = hold(user);
  varlink::Client admin = connect_as(kAdmin);
  EXPECT_EQ(state_of(admin, mine), "running");
  EXPECT_EQ(refused(admin, "Freeze", {{"job", mine}}), "");
  EXPECT_EQ(refused(admin, "Thaw", {{"job", mine}}), "");
  EXPECT_EQ(refused(admin, "SetSlice", {{"slice", "ci"}, {"maxJobs", 2}}), "");
  EXPECT_EQ(refused(admin, "Kill", {{"job", mine}}), "");
  EXPECT_EQ(refused(admin, "Kill", {{"job", theirs}}), "");
}

TEST_F(Access, A2_it_is_a_membership_that_counts_whether_the_first_group_or_another) {
  begin(kAdminSettings);
  const json job = hold(root());
  varlink::Client first = connect_as({.uid = kBin, .gid = kAdmins}), second = connect_as(kAdmin),
                  stranger = connect_as({.uid = kBin, .gid = kBin, .groups = {kBin, kAdmins + 1}});
  EXPECT_EQ(refused(first, "Processes", {{"job", job}}), "");
  EXPECT_EQ(refused(second, "Processes", {{"job", job}}), "");
  EXPECT_EQ(refused(stranger, "Processes", {{"job", job}}), "NoSuchJob");
}

TEST_F(Access, A2_an_admin_runs_nothing_as_somebody_else_and_has_no_privileges_of_roots) {
  begin(kAdminSettings);
  varlink::Client admin = connect_as(kAdmin);
  EXPECT_EQ(start_refused(admin, {{"user", "root"}}), "PermissionDenied");
  EXPECT_EQ(start_refused(admin, {{"user", "nobody"}}), "PermissionDenied");
  EXPECT_EQ(start_refused(admin, {{"supplementaryGroups", {"root"}}}), "PermissionDenied");
  EXPECT_EQ(start_refused(admin, {{"rootDirectory", "/"}}), "PermissionDenied");
  EXPECT_EQ(start_refused(admin, {{"nice", -5}}), "PermissionDenied");
  EXPECT_EQ(start_refused(admin, {{"oomScoreAdjust", -5}}), "PermissionDenied");
  for (const char* method : {"io.coppice.Daemon.Upgrade", "io.coppice.Daemon.Reload"}) {
    admin.send(method, json::object());
    EXPECT_EQ(next_reply(admin).error(), "io.coppice.Daemon.PermissionDenied") << method;
  }
}

TEST_F(Access, A2_a_reload_makes_and_unmakes_admins) {
  const json job = hold(root());
  varlink::Client admin = connect_as(kAdmin);
  EXPECT_EQ(refused(admin, "Processes", {{"job", job}}), "NoSuchJob");
  reload(kAdminSettings);
  EXPECT_EQ(refused(admin, "Processes", {{"job", job}}), "");
  reload("admin-group = \"\"\n");
  EXPECT_EQ(refused(admin, "Processes", {{"job", job}}), "NoSuchJob");
}

TEST_F(Access, a_group_that_there_is_not_is_told_and_has_no_members) {
  begin("admin-group = \"no-such-group\"\n[quotas.user.no-such-user]\nlive-jobs = 1\n");
  EXPECT_TRUE(logs("there is no group \"no-such-group\""));
  EXPECT_TRUE(logs("key \"quotas.user.no-such-user\": there is no such user"));
}

TEST_F(Access, a_socket_with_a_mode_is_for_those_whom_it_lets_in) {
  const Folder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  const std::string run = folder.path() + "/run";
  Process process({"--config", "/dev/null", "--state", folder.path() + "/state", "--runtime", run, "--socket",
                   run + "/all;mode=0666", "--socket", run + "/own"},
                  folder.path() + "/log");
  ASSERT_TRUE(process.await_ready()) << read_text(folder.path() + "/log");
  std::optional<varlink::Client> user;
  ASSERT_EQ(::seteuid(kNobody), 0);
  EXPECT_THROW(connect_to(run + "/own"), std::system_error);
  EXPECT_NO_THROW(user.emplace(connect_to(run + "/all")));
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_TRUE(user);
  EXPECT_EQ(start(*user, spec({"true"})).at("owner"), "nobody");
  user.reset();
  process.signal(SIGTERM);
  EXPECT_EQ(process.await_end(), 0);
}

class Audit : public WithUsers {};

TEST_F(Audit, touching_anothers_job_is_logged_allowed_or_denied) {
  begin(kAdminSettings);
  const json job = hold(root());
  const std::string of = " of job " + job.at("id").get<std::string>() + " of user 0 (root): ";
  varlink::Client user = connect_as(kUser), admin = connect_as(kAdmin);
  failure(user, "Kill", {{"job", job}});
  EXPECT_TRUE(logs("audit: user 65534 (nobody), process " + std::to_string(::getpid())));
  EXPECT_TRUE(logs("Kill" + of + "denied"));
  for (const std::string method : {"Freeze", "Thaw", "Kill"}) {
    EXPECT_EQ(failure(admin, method, {{"job", job}}).name, "") << method;
    EXPECT_TRUE(logs(method + of + "allowed"));
  }
  EXPECT_TRUE(logs("audit: user 2 (bin), process "));
}

TEST_F(Audit, starts_with_privileges_are_logged_and_others_are_not) {
  varlink::Client user = connect_as(kUser);
  wait(root(), start(root(), spec({"true"})));
  wait(user, start(user, spec({"true"})));
  EXPECT_EQ(daemon_->said().find("audit"), std::string::npos) << daemon_->said();
  json as_nobody = spec({"true"}), nice = spec({"true"});
  as_nobody["user"] = "nobody";
  nice["nice"] = -1;
  wait(root(), start(root(), as_nobody));
  EXPECT_TRUE(logs("Start of \"true\" as user nobody: allowed"));
  wait(root(), start(root(), nice));
  EXPECT_TRUE(logs("Start of \"true\" with nice: allowed"));
  failure(user, "Start", {{"spec", nice}});
  EXPECT_TRUE(logs("audit: user 65534 (nobody)"));
  EXPECT_TRUE(logs("Start of \"true\" with nice: denied"));
}

TEST_F(Audit, what_is_logged_cannot_make_a_line_of_its_own) {
  varlink::Client user = connect_as(kUser);
  json wanted = spec({"x\naudit: user 0 (root)"});
  wanted["rootDirectory"] = "/";
  failure(user, "Start", {{"spec", wanted}});
  EXPECT_TRUE(logs("Start of \"x?audit: user 0 (root)\" with rootDirectory: denied"));
}

TEST_F(Audit, a_flood_of_denials_is_counted) {
  const json job = hold(root());
  varlink::Client user = connect_as(kUser);
  for (int i = 0; i < 2000; ++i) failure(user, "Freeze", {{"job", job}});
  // One more, in a later second, brings the count.
  EXPECT_TRUE(eventually([&] {
    failure(user, "Freeze", {{"job", job}});
    return daemon_->said().find(" more acts were denied") != std::string::npos;
  }));
  std::size_t lines = 0;
  const std::string said = daemon_->said();
  for (std::size_t at = 0; (at = said.find(": denied", at)) != std::string::npos; ++at) ++lines;
  EXPECT_LT(lines, 1000u);
}

TEST_F(Audit, slices_and_the_daemon_itself_are_logged) {
  varlink::Client user = connect_as(kUser);
  failure(user, "SetSlice", {{"slice", "ci"}, {"maxJobs", 1}});
  EXPECT_TRUE(logs("SetSlice of \"ci\": denied"));
  call(root(), "SetSlice", {{"slice", "ci"}, {"maxJobs", 1}});
  EXPECT_TRUE(logs("SetSlice of \"ci\": allowed"));
  reload("");
  EXPECT_TRUE(logs("io.coppice.Daemon.Reload: allowed"));
}

}  // namespace
}  // namespace coppice::support
