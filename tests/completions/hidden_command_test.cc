// coppice __complete, which the completions ask.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

using HiddenCommand = Place;
using HiddenCommandWithDaemon = Daemon;

TEST_F(HiddenCommand, starts_no_daemon_and_says_nothing_where_none_runs) {
  for (const char* what : {"live-jobs", "jobs", "ended-jobs", "slices"}) {
    const Ended ended = coppice({"__complete", what});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.output + ended.error, "") << what;
  }
  EXPECT_EQ(daemon_pid(), std::nullopt);
}

TEST_F(HiddenCommand, gives_up_on_a_daemon_that_does_not_answer) {
  const UniqueFd deaf(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(deaf.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(deaf.get(), 1), 0);
  const Ended ended = coppice({"__complete", "jobs"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output + ended.error, "");
}

TEST_F(HiddenCommand, is_not_in_the_help) {
  EXPECT_EQ(coppice({"--help"}).output.find("__complete"), std::string::npos);
}

TEST_F(HiddenCommand, names_what_it_knows_when_asked_for_something_else) {
  const Ended ended = coppice({"__complete", "nonsense"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.error.find("live-jobs, jobs, ended-jobs"), std::string::npos) << ended.error;
}

TEST_F(HiddenCommandWithDaemon, tells_what_a_job_runs_and_nothing_that_steers_a_terminal) {
  start({"--name", "alpha", "--", "sh", "-c", "sleep 1000 #\x1b[31m"});
  const Ended ended = coppice({"__complete", "live-jobs", "--", "al"});
  EXPECT_TRUE(ended.output.starts_with("alpha\tsh -c sleep 1000")) << ended.output;
  EXPECT_EQ(ended.output.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace coppice::cli_daemon
