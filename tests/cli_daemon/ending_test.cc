// What clients see of a daemon that is told to end.
#include "tests/cli_daemon/fixture.h"

namespace coppice::cli_daemon {
namespace {

class Farewell : public Daemon {};

TEST_F(Farewell, D3_a_reader_of_events_is_told_and_does_not_wait_for_another_daemon) {
  start({"--", "true"});
  const auto events = begin({"events", "--since", "0"});
  events->await_output("ready");
  tell_to_end();
  const Ended ended = events->end();
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.error.find("the daemon is shutting down"), std::string::npos) << ended.error;
}

TEST_F(Farewell, D3_who_runs_or_follows_a_job_sees_its_end) {
  const std::string job = start({"--", "sh", "-c", "echo writes; exec sleep 1000"});
  const auto logs = begin({"logs", "-f", job});
  logs->await_output("writes");
  const auto run = begin({"run", "--", "sh", "-c", "echo runs; exec sleep 1000"});
  run->await_output("runs");
  tell_to_end();
  const Ended ended = run->end();
  EXPECT_EQ(ended.code, 143) << ended.error;
  EXPECT_EQ(logs->end().code, 0);
}

}  // namespace
}  // namespace coppice::cli_daemon
