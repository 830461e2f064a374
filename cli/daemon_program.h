// Which coppiced a private daemon is made of, and with what environment.
#pragma once

#include <string>
#include <vector>

namespace coppice::cli {

// COPPICE_DAEMON if it is set; else coppiced beside this program, in ../sbin or in ../daemon (a build
// tree); else the one in PATH. Throws Trouble when there is none.
std::string find_daemon_program();

// NAME=VALUE of what concerns the daemon itself. The rest of the caller's environment stays out: a daemon
// must not depend on who happened to start it, and jobs bring their own.
std::vector<std::string> daemon_environment();

}  // namespace coppice::cli
