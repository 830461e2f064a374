// How coppiced becomes its keeper.
#pragma once

#include <string>
#include <vector>

#include "daemon/options.h"

namespace coppice::daemon {

// Replaces this process by the keeper, which starts this program again as its supervisor, with the same
// arguments and with what the files of settings say now. Throws std::runtime_error that names the paths tried.
[[noreturn]] void become_keeper(const Options& options);

// The command line of a keeper, argv[0] first.
std::vector<std::string> keeper_words(const Options& options, const std::string& keeper, const std::string& supervisor);

// Where a keeper that starts no supervisor waits for one.
std::string rescue_path(const Options& options);

}  // namespace coppice::daemon
