// What becomes of a database that cannot be used: it is set aside, not lost.
#pragma once

#include <optional>
#include <string>

namespace coppice::daemon {

// Renames the database, with what belongs to it, to PATH.damaged-TIME, and answers with that. Throws
// std::system_error if the file system does not let it.
std::string set_aside(const std::string& path);

// The latest database that was set aside and is still there: its jobs have logs and no rows.
std::optional<std::string> latest_set_aside(const std::string& path);

}  // namespace coppice::daemon
