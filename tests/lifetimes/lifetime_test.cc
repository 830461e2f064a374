// Jobs that are bound to a connection or to a process, and jobs that are not.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/lifetimes/fixture.h"

namespace coppice::support {
namespace {

constexpr char kClosed[] = "the connection that it was bound to closed";
constexpr char kProcessEnded[] = "the process that it was bound to has ended";

class Lifetime : public WithDaemon {
 protected:
  // Starts the job by a process of its own, over a connection of its own.
  json start_by(std::optional<Child>& child, const json& wanted) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    child.emplace([&] {
      // It lives as long as the process.
      auto* own = new varlink::Client(daemon().connect());
      const std::string id = start(*own, wanted)["id"];
      if (::write(writer.get(), id.data(), id.size()) < 0) ::_exit(1);
      writer.reset();
    });
    writer.reset();
    char id[64];
    const ssize_t size = ::read(reader.get(), id, sizeof id);
    EXPECT_GT(size, 0) << "the client could not start the job";
    return {{"id", std::string(id, static_cast<std::size_t>(std::max<ssize_t>(size, 0)))}};
  }
};

json bound(json wanted, const std::string& to) {
  wanted["lifetime"] = {{"bound", to}};
  return wanted;
}

json bound_to_process(json wanted) {
  wanted["lifetime"] = {{"bound", "process"}, {"fd", 0}};
  return wanted;
}

TEST_F(Lifetime, a_job_ends_with_the_connection_that_it_is_bound_to) {
  json job;
  {
    varlink::Client other = daemon().connect();
    job = start(other, bound(spec({"sleep", "1000"}), "connection"));
    EXPECT_EQ(state_of(client(), job), "running");
  }
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], kClosed);
  EXPECT_EQ(result["exits"][0]["signal"], "SIGTERM");
}

TEST_F(Lifetime, K1_a_client_killed_by_SIGKILL_takes_its_job_along_however_deaf) {
  json wanted = bound(shell(kDeaf), "connection");
  wanted["stopping"] = {{"grace", 200}};
  const std::string mark = random_word();
  wanted["environment"] = {{"MARK", mark}, {"PATH", "/usr/bin:/bin"}};
  std::optional<Child> other;
  const json job = start_by(other, wanted);
  ASSERT_TRUE(says(job, "here\n"));
  ASSERT_TRUE(eventually([&] { return marked("MARK=" + mark).size() >= 2; }));
  other->kill();
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], std::string(kClosed) + "; killed after the grace period");
  EXPECT_EQ(result["exits"][0]["signal"], "SIGKILL");
  EXPECT_TRUE(marked("MARK=" + mark).empty());
}

TEST_F(Lifetime, a_detached_job_outlives_its_client) {
  std::optional<Child> other;
  const json job = start_by(other, bound(shell("echo here; exec sleep 1000"), "detached"));
  ASSERT_TRUE(says(job, "here\n"));
  const std::size_t before = descriptors_of(daemon().supervisor());
  other->kill();
  ASSERT_TRUE(eventually([&] { return descriptors_of(daemon().supervisor()) < before; }));
  EXPECT_EQ(state_of(client(), job), "running");
}

TEST_F(Lifetime, a_job_ends_with_the_process_that_it_is_bound_to) {
  Child other;
  const json job = start(client(), bound_to_process(spec({"sleep", "1000"})), {other.pidfd()});
  EXPECT_EQ(state_of(client(), job), "running");
  other.kill();
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], kProcessEnded);
}

TEST_F(Lifetime, a_job_bound_to_a_process_ends_by_its_own_stop_policy) {
  Child other;
  json wanted = bound_to_process(shell("trap 'exit 9' USR1; echo here; while :; do sleep 0.05; done"));
  wanted["stopping"] = {{"signal", "SIGUSR1"}};
  const json job = start(client(), wanted, {other.pidfd()});
  ASSERT_TRUE(says(job, "here\n"));
  other.kill();
  const json result = wait(client(), job);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["exits"][0]["code"], 9);
}

TEST_F(Lifetime, a_job_bound_to_a_process_that_is_dead_ends_at_once) {
  Child other;
  const UniqueFd pidfd(::fcntl(other.pidfd(), F_DUPFD_CLOEXEC, 0));
  other.kill();
  const json job = start(client(), bound_to_process(spec({"sleep", "1000"})), {pidfd.get()});
  EXPECT_EQ(wait(client(), job)["detail"], kProcessEnded);
}

TEST_F(Lifetime, O4_the_pidfd_of_the_client_is_left_as_it_is) {
  Child other;
  const int before = ::fcntl(other.pidfd(), F_GETFL);
  const json job = start(client(), bound_to_process(spec({"sleep", "1000"})), {other.pidfd()});
  EXPECT_EQ(::fcntl(other.pidfd(), F_GETFL), before);
  // With O_NONBLOCK it would fail with EAGAIN.
  siginfo_t info{};
  const auto id = static_cast<id_t>(other.pidfd());
  EXPECT_EQ(::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG), 0);
  kill(client(), job);
}

TEST_F(Lifetime, what_is_no_pidfd_is_refused_and_nothing_is_started) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Failure refused =
      failure(client(), "Start", {{"spec", bound_to_process(spec({"true"}))}}, {null.get()});
  EXPECT_EQ(refused.name, "InvalidSpec");
  EXPECT_EQ(refused.parameters["field"], "spec.lifetime.fd");
  const std::string reason = refused.parameters["reason"];
  EXPECT_NE(reason.find("pidfd_open"), reason.npos) << reason;
  client().send("io.coppice.Jobs.List", json::object(), varlink::Mode::more);
  EXPECT_EQ(next_reply(client()).error(), "io.coppice.Jobs.NoSuchJob");
}

TEST_F(Lifetime, a_process_is_let_go_of_when_the_job_is_over) {
  Child other;
  const std::size_t before = descriptors_of(daemon().supervisor());
  const json job = start(client(), bound_to_process(spec({"true"})), {other.pidfd()});
  EXPECT_EQ(wait(client(), job)["outcome"], "succeeded");
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon().supervisor()) <= before; }));
}

TEST_F(Lifetime, a_job_that_is_queued_ends_with_the_process_and_is_not_started) {
  call(client(), "SetSlice", {{"slice", "one"}, {"maxJobs", 1}});
  json wanted = spec({"sleep", "1000"});
  wanted["slice"] = "one";
  const json running = start(client(), wanted);
  const std::size_t before = descriptors_of(daemon().supervisor());
  Child other;
  const json queued = start(client(), bound_to_process(wanted), {other.pidfd()});
  EXPECT_EQ(queued["state"], "queued");
  other.kill();
  const json result = wait(client(), queued);
  EXPECT_EQ(result["outcome"], "stopped");
  EXPECT_EQ(result["detail"], std::string(kProcessEnded) + "; it had not started");
  EXPECT_TRUE(eventually([&] { return descriptors_of(daemon().supervisor()) <= before; }));
  kill(client(), running);
}

TEST_F(Lifetime, a_job_that_was_asked_to_end_before_ends_as_it_was_asked_to) {
  json wanted = bound_to_process(shell(kDeaf));
  wanted["stopping"] = {{"grace", 3'600'000}};
  Child other;
  const json job = start(client(), wanted, {other.pidfd()});
  ASSERT_TRUE(says(job, "here\n"));
  varlink::Client stopper = daemon().connect();
  stopper.send("io.coppice.Jobs.Stop", {{"job", ref(job)}, {"stopping", {{"grace", 500}}}});
  ASSERT_TRUE(comes_to(job, "stopping"));
  other.kill();
  EXPECT_EQ(wait(client(), job)["detail"], "killed after the grace period");
}

}  // namespace
}  // namespace coppice::support
