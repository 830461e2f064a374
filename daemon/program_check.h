// Whether the programs that are installed now can go on with what those that run have left.
#pragma once

#include <string>

#include "process/keeper_protocol.h"

namespace coppice::daemon {

// What an earlier program of ours may have left for a later one, by its version.
inline constexpr int kStateVersion = 1;

struct Programs {
  std::string supervisor;
  std::string keeper;
};

// The files that this process and its keeper were started from, whatever lies there now.
Programs own_programs(pid_t keeper);

struct ProgramCheck {
  // Of the supervisor's program: "0.2.0".
  std::string version;
  // Why not, with the remedy; empty if they can.
  std::string problem;
};

// Runs both for a moment. Blocks, some 20 s at most: not for the control thread.
ProgramCheck check_programs(const Programs& programs);

}  // namespace coppice::daemon
