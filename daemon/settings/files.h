// coppiced.toml and its drop-ins.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/settings/assignments.h"

namespace coppice::daemon {

// /etc/coppice/coppiced.toml for root; for another user the file of that name in $XDG_CONFIG_HOME/coppice, or in
// ~/.config/coppice; empty for a user without a home. Reads the environment.
std::string default_settings_file(uid_t uid);

struct Reading {
  Assignments values = {};
  // A sentence each: `FILE:LINE: key "stop-timout" is unknown: did you mean "stop-timeout"?`
  std::vector<std::string> faults = {};
};

// The file and what ends in .toml in the directory of its name with ".d" behind it, in the order of their names: later
// ones count, key by key. A file that is missing is fine unless it `must_exist`; one that another user than root and
// the daemon's can write to is not read. All faults of all files are told. May block: not for the control thread.
Reading read_settings(const std::string& file, bool must_exist);

// One file's text.
void read_settings_text(const std::string& file, std::string_view text, Reading& into);

}  // namespace coppice::daemon
