// The command line of coppiced.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/history/store.h"

namespace CLI {
class App;
}

namespace coppice::daemon {

struct Options {
  // Addresses to listen at.
  std::vector<std::string> sockets;
  std::string state_directory;
  std::string runtime_directory;
  // Where the system's log listens, for streams of kind journal.
  std::string journal = "/run/systemd/journal/socket";
  // What is kept of ended jobs.
  HistoryBounds history;
  // End when there has been no live job and no connection for so long.
  std::optional<std::chrono::milliseconds> idle_exit;
  // Where to write "ready\n" once connections are accepted; -1 for nowhere.
  int ready_descriptor = -1;
  // What becomes of jobs when the daemon is told to end: they are stopped, or left for the next daemon.
  bool leave_jobs = false;
  // What stopping all of them may take, whatever grace they ask for; then they are killed.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(30);
  // Serve the keeper that rests in the state directory, instead of starting one.
  bool rescue = false;
  // Started by a client for one user: only that user may connect.
  bool is_private = false;
  // Deaths of the supervisor in a row, each soon after its start, after which the keeper starts it no more.
  int restarts = 10;
  std::chrono::milliseconds restarts_within = std::chrono::seconds(10);
  // As they were given, for another process of ours.
  std::vector<std::string> arguments;
  // The keeper's program; empty: coppice-keeper beside this one, then in ../libexec/coppice.
  std::string keeper;
};

// What --help, --version and mistakes print instead of running; `code` is the exit status.
struct EarlyEnd {
  int code = 0;
};

// Paths are made absolute. Prints to stdout or stderr before throwing EarlyEnd.
Options parse_options(int argc, char** argv);

// Shows the declared options, with the defaults that they have for root, to what describes them: the manual page and
// the completions (packaging/reference).
using LookAtOptions = std::function<void(const CLI::App&)>;
void show_options(const LookAtOptions& look);

}  // namespace coppice::daemon
