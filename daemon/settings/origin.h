// Where the settings of this process come from: what there is without any, the files, the command line.
#pragma once

#include <string>

#include "daemon/settings/files.h"

namespace coppice::daemon {

struct SettingsOrigin {
  // What counts where nobody says anything; `sockets` is empty there.
  Settings defaults = {};
  // The default file, or the one that was named.
  std::string file = {};
  bool file_named = false;
  // Of the command line; paths are absolute.
  Assignments words = {};
  // What the files said when the daemon was started, from the process that started it (file_text()). A supervisor
  // that follows another takes from there what a reload does not change, and everything where the files have faults.
  bool started = false;
  std::string at_start = {};
};

// The files as they are now, with the command line over them. May block.
Reading read_now(const SettingsOrigin& origin);

// For a process that starts: the same, but by what `origin.at_start` says if there is one. Faults are told in `remarks`
// then, and none is left.
Reading read_for_start(const SettingsOrigin& origin, std::vector<std::string>& remarks);

// What `assignments` come to.
Settings settings_from(const SettingsOrigin& origin, const Assignments& assignments);

}  // namespace coppice::daemon
