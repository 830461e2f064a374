// The declared command line itself, for what describes it: manual pages and completions (packaging/reference).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace coppice::cli {

// Every command with its options, as parse() reads them. To be looked at, not to be parsed with.
std::shared_ptr<const CLI::App> command_app();

}  // namespace coppice::cli
