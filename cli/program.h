// The whole program, but for its entry point.
#pragma once

#include <string>
#include <vector>

namespace coppice::cli {

// Carries out a command line (without the program's own name) and answers the exit code. Every failure
// becomes one sentence on standard error; with --json an object {"error", "parameters", "message"}, where
// "error" is the name of the daemon's error or "".
int run_program(const std::vector<std::string>& arguments);

}  // namespace coppice::cli
