// The command line of coppiced.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace coppice::daemon {

struct Options {
  // Addresses to listen at.
  std::vector<std::string> sockets;
  std::string state_directory;
  std::string runtime_directory;
  // Where the system's log listens, for streams of kind journal.
  std::string journal = "/run/systemd/journal/socket";
  // End when there has been no live job and no connection for so long.
  std::optional<std::chrono::milliseconds> idle_exit;
  // Where to write "ready\n" once connections are accepted; -1 for nowhere.
  int ready_descriptor = -1;
  // Started by a client for one user: only that user may connect.
  bool is_private = false;
  // The keeper's program; empty: coppice-keeper beside this one, then in ../libexec/coppice.
  std::string keeper;
};

// What --help, --version and mistakes print instead of running; `code` is the exit status.
struct EarlyEnd {
  int code = 0;
};

// Paths are made absolute. Prints to stdout or stderr before throwing EarlyEnd.
Options parse_options(int argc, char** argv);

}  // namespace coppice::daemon
