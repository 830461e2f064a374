// A keeper with supervisors that lend their lines to the test.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tests/process/keeper.h"
#include "tests/process/supervisor_end.h"

namespace coppice::process::test {

// One supervisor.
class Life : public SupervisorEnd {
 public:
  Life(UniqueFd line, UniqueFd control, pid_t pid, std::string listen_fds, std::string watchdog)
      : SupervisorEnd(std::move(line)),
        pid(pid),
        listen_fds(std::move(listen_fds)),
        watchdog(std::move(watchdog)),
        control_(std::move(control)) {}

  void exit_with(int code);
  void kill(int signal);
  // SIGABRT does nothing to it from now on.
  void ignore_abort();
  // Says it, and exits.
  void part(FarewellMode mode, int code = 0);

  const pid_t pid;
  const std::string listen_fds;  // "none" if its environment has no LISTEN_FDS
  const std::string watchdog;    // the same of COPPICE_KEEPER_WATCHDOG

 private:
  UniqueFd control_;
};

class SupervisedTest : public ::testing::Test {
 protected:
  void SetUp() override;
  // Ends every process that the test has left.
  void TearDown() override;

  // Starts a keeper; `options` come before --supervisor.
  void start_keeper(const std::vector<std::string>& options = {});
  pid_t keeper() const { return keeper_; }
  // The next supervisor. It is greeted unless the test wants to do that itself. Fails the test after 30 s.
  std::unique_ptr<Life> next_life(bool greeted = true);
  // A line to the keeper that rests, greeted.
  std::unique_ptr<SupervisorEnd> rescue();
  // The keeper's exit status, once it has ended.
  std::optional<int> keeper_status();
  std::string errors() const;
  // Waits until the keeper has written that to its standard error.
  bool keeper_says(const std::string& words);

  static Launch probe(std::vector<std::string> arguments);
  // A command that runs until its input ends and exits with `code` then; the test fails if it does not start.
  Command waiting(SupervisorEnd& line, Key key, int code);
  std::string rescue_path() const { return directory_ + "/rescue"; }

  std::string directory_;
  HandedOver handed_;  // what the latest greeted life was told

 private:
  pid_t keeper_ = -1;
  UniqueFd keeper_pidfd_;
  UniqueFd listener_;
  UniqueFd errors_;
};

// Waits until nothing is there under that pid, not even a zombie.
bool becomes_reaped(pid_t pid);

// A pipe whose writing end is held by the keeper under that tag, by the number of the request.
UniqueFd hold_pipe(SupervisorEnd& line, std::uint32_t number, Box box, Tag tag);

}  // namespace coppice::process::test
