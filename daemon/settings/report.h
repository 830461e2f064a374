// Settings for people.
#pragma once

#include <string>

#include "daemon/settings/assignments.h"

namespace coppice::daemon {

// What counts, as a file that coppiced reads, with where each value comes from behind it.
std::string print_settings(const Settings& settings, const Assignments& assignments);

// The manual page coppiced.toml(5), for man(1).
std::string manual_page();

}  // namespace coppice::daemon
