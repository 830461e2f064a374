// The command line of coppiced.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "daemon/settings/origin.h"
#include "daemon/settings/settings.h"

namespace CLI {
class App;
}

namespace coppice::daemon {

// Beside what an administrator sets, what whoever starts the daemon says.
struct Options : Settings {
  SettingsOrigin origin = {};
  // What the files say, for another process of ours (SettingsOrigin::at_start).
  std::string from_files = {};
  // For the log, once it is open.
  std::vector<std::string> remarks = {};
  // Some were asked for: they are opened beside what a service manager has opened. Those by default are not.
  bool sockets_given = false;
  // How long the supervisor may give no sign of life before the keeper ends it; 0 for ever.
  std::chrono::milliseconds watchdog{0};
  // Ask no service manager for a scope (systemd/scope.h).
  bool no_scope = false;
  // Where to write "ready\n" once connections are accepted; -1 for nowhere.
  int ready_descriptor = -1;
  // Serve the keeper that rests in the state directory, instead of starting one.
  bool rescue = false;
  // Started by a client for one user: only that user may connect.
  bool is_private = false;
  // As they were given, for another process of ours; without what such a process was told besides.
  std::vector<std::string> arguments = {};
};

// What --help, --version and mistakes print instead of running; `code` is the exit status.
struct EarlyEnd {
  int code = 0;
};

// Reads the files of settings too. Prints to stdout or stderr before throwing EarlyEnd; all faults of all files.
Options parse_options(int argc, char** argv);

// Tells another process of ours what the files said: words for its command line.
std::vector<std::string> words_for_start(const Options& options);

// Shows the declared options, with the defaults that they have for root, to what describes them: the manual page and
// the completions (packaging/reference).
using LookAtOptions = std::function<void(const CLI::App&)>;
void show_options(const LookAtOptions& look);

}  // namespace coppice::daemon
