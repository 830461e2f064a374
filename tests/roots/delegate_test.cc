// Jobs that make cgroups of their own.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "ipc/varlink/address.h"
#include "tests/roots/fixture.h"

namespace coppice::support {
namespace {

constexpr char kGo[] = "cd \"$(grep ' cgroup2 ' /proc/self/mounts | head -n 1 | cut -d ' ' -f 2)\"; ";

class Delegate : public Rooted {
 protected:
  // A line of shell in the directory where the job's own cgroup shows.
  static json delegated(const std::string& line) {
    json wanted = shell(kGo + line);
    wanted["delegate"] = true;
    return wanted;
  }

  static pid_t main_of(const json& job) { return job.at("mainPids").at(0).get<pid_t>(); }
};

TEST_F(Delegate, K10_a_users_job_makes_cgroups_below_its_own_and_cannot_leave_it) {
  varlink::Client nobody = connect_as(kNobody);
  EXPECT_EQ(output_of(nobody, delegated("grep ^0:: /proc/self/cgroup; mkdir inner && echo $$ > inner/cgroup.procs && "
                                        "grep ^0:: /proc/self/cgroup; ls -d ../*.job 2>/dev/null")),
            "0::/\n0::/inner\n");
}

TEST_F(Delegate, limits_of_a_users_job_stay_the_daemons) {
  varlink::Client nobody = connect_as(kNobody);
  const std::string text = output_of(nobody, delegated("for file in cgroup.*; do [ -w $file ] && echo $file; done; "
                                                       "{ echo 9999 > cgroup.max.descendants; } 2>/dev/null || "
                                                       "cat cgroup.max.descendants"));
  EXPECT_EQ(text, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n4096\n");
}

TEST_F(Delegate, a_users_job_is_not_delegated_to_unless_it_asks) {
  varlink::Client nobody = connect_as(kNobody);
  const json job = start(nobody, shell("exec sleep 1000"));
  const std::string pen = cgroup_of(main_of(job));
  struct stat directory{};
  ASSERT_EQ(::stat(pen.c_str(), &directory), 0) << pen;
  EXPECT_EQ(directory.st_uid, 0u);
  support::kill(nobody, job);
}

TEST_F(Delegate, K1_cgroups_that_a_user_made_and_froze_end_with_its_job) {
  varlink::Client nobody = connect_as(kNobody);
  const std::string ready = folder() + "/ready";
  std::filesystem::permissions(folder(), std::filesystem::perms::all);
  const json job = start(nobody, delegated("mkdir -p a/b/c; sleep 1000 & echo $! > a/b/cgroup.procs && echo 1 > "
                                           "a/b/cgroup.freeze && : > " + ready + "; exec sleep 1000"));
  ASSERT_TRUE(eventually([&] { return exists(ready) || state_of(nobody, job) == "ended"; }));
  ASSERT_TRUE(exists(ready)) << log_of(nobody, job);
  const std::string pen = cgroup_of(main_of(job));
  EXPECT_TRUE(exists(pen + "/a/b/c"));
  EXPECT_EQ(support::kill(nobody, job).at("killed").size(), 2u);
  EXPECT_FALSE(exists(pen));
}

TEST_F(Delegate, each_attempt_is_delegated_its_own) {
  varlink::Client nobody = connect_as(kNobody);
  json wanted = delegated("mkdir inner && echo made; false");
  wanted["restart"] = {{"policy", "on_failure"}, {"delay", 10}, {"maxAttempts", 3}};
  EXPECT_EQ(output_of(nobody, wanted), "made\nmade\nmade\n");
}

TEST_F(Delegate, root_in_a_delegated_job_may_run_a_daemon_of_its_own) {
  const std::string inner = folder() + "/inner";
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  json wanted = spec({std::filesystem::absolute("daemon/coppiced"), "--socket", inner + "/s", "--state", inner + "/state",
                      "--runtime", inner + "/run"});
  wanted["delegate"] = true;
  const json job = start(client(), wanted);
  ASSERT_TRUE(eventually([&] { return exists(inner + "/s") || state_of(client(), job) == "ended"; }));
  ASSERT_TRUE(exists(inner + "/s")) << log_of(client(), job);
  std::optional<varlink::Client> client_of_nested;
  ASSERT_TRUE(eventually([&] {
    try {
      client_of_nested.emplace(varlink::Client::connect(varlink::parse_address(inner + "/s")));
    } catch (const varlink::Disconnected&) {
      // Bound, and not listened to yet.
    } catch (const std::system_error&) {
    }
    return client_of_nested.has_value();
  }));
  varlink::Client& nested = *client_of_nested;
  EXPECT_EQ(output_of(nested, shell("echo nested; grep ^0:: /proc/self/cgroup")), "nested\n0::/\n");
  const json sleeper = start(nested, shell("exec sleep 1000"));
  const pid_t pid = main_of(sleeper);
  EXPECT_TRUE(cgroup_of(pid).starts_with(cgroup_of(main_of(job)))) << cgroup_of(pid);
  const auto watched = marked("COPPICE_JOB=" + sleeper.at("id").get<std::string>());
  EXPECT_EQ(watched.size(), 1u);
  support::kill(client(), job);
  for (const Watched& process : watched) EXPECT_FALSE(process.alive());
}

TEST_F(Delegate, a_daemon_in_a_root_job_that_is_not_delegated_to_says_what_is_missing) {
  const std::string inner = folder() + "/inner";
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  const json job = start(client(), spec({std::filesystem::absolute("daemon/coppiced"), "--socket", inner + "/s", "--state",
                                         inner + "/state", "--runtime", inner + "/run"}));
  EXPECT_EQ(wait(client(), job).at("outcome"), "failed");
  EXPECT_NE(log_of(client(), job).find("--delegate"), std::string::npos) << log_of(client(), job);
}

TEST_F(Delegate, a_pipeline_is_refused) {
  json wanted = delegated("true");
  wanted["commands"].push_back(wanted["commands"][0]);
  const Failure refused = refusal_of(wanted);
  EXPECT_EQ(refused.name, "InvalidSpec");
  EXPECT_EQ(refused.parameters["field"], "spec.delegate");
}

TEST_F(Delegate, K10_what_a_root_job_mounts_ends_with_it) {
  const std::string point = folder() + "/point";
  ASSERT_EQ(::mkdir(point.c_str(), 0755), 0);
  EXPECT_EQ(output_of(shell("mount -t tmpfs none " + point + " && : > " + point + "/file && ls " + point)), "file\n");
  EXPECT_FALSE(exists(point + "/file"));
}

}  // namespace
}  // namespace coppice::support
