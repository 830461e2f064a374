// How coppiced becomes its keeper.
#pragma once

#include "daemon/options.h"

namespace coppice::daemon {

// Replaces this process by the keeper, which starts this program again as its supervisor, with the same
// arguments. Throws std::runtime_error that names the paths tried.
[[noreturn]] void become_keeper(const Options& options, char** argv);

}  // namespace coppice::daemon
