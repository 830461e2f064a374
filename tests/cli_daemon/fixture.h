// A place of its own for each test, and in it a daemon if the test wants one.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/cli_daemon/program.h"

namespace coppice::cli_daemon {

using Words = std::vector<std::string>;

// The directory of coppice, coppiced and coppice-keeper.
std::string programs();

class Place : public testing::Test {
 protected:
  Place();
  // Ends the private daemon that a test left, and removes the directory.
  ~Place() override;

  // The environment of each coppice; a test may change it.
  Words environment;
  void set(const std::string& name, const std::string& value);

  // Starts `coppice WORDS…`.
  std::unique_ptr<Program> begin(const Words& words, UniqueFd input = UniqueFd()) const;
  // Runs it to its end.
  Ended coppice(const Words& words, UniqueFd input = UniqueFd()) const;
  // The same, for `--json`: each line of standard output.
  std::vector<nlohmann::json> objects(const Words& words) const;
  // Runs a line of shell in which $COPPICE is the program.
  Ended shell(const std::string& line) const;

  const std::string& folder() const { return folder_; }
  std::string socket() const { return folder_ + "/socket"; }
  // Of the daemon that a test wants; empty unless the test writes it.
  std::string settings_file() const { return folder_ + "/coppiced.toml"; }
  // The process that listens at the socket; nothing if none does.
  std::optional<pid_t> daemon_pid() const;
  // Waits until no private daemon is left, its keeper included. False when the deadline has passed.
  bool daemon_ends() const;

 private:
  std::string folder_;
};

// With a daemon that has been started as an administrator would.
class Daemon : public Place {
 protected:
  void SetUp() override;
  // SIGTERM ends it with 0 and without a process left of any job.
  void TearDown() override;

  // SIGTERM, before TearDown would send it. Does not wait.
  void tell_to_end();

  // The process that was started and became the keeper.
  pid_t keeper() const { return daemon_->pid(); }

  // Starts a job in the background: its id.
  std::string start(const Words& words) const;

 private:
  std::unique_ptr<Program> daemon_;
  bool told_to_end_ = false;
};

pid_t parent_of(pid_t pid);
// Which child of the keeper it is, among the jobs; nothing while there is none.
std::optional<pid_t> supervisor_of(pid_t keeper);

// Why no daemon can run here; empty if one can.
std::string missing_privilege();

}  // namespace coppice::cli_daemon
