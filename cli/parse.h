// The command line of `coppice`.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace coppice::cli {

// --help and --version: what to print on standard output, then the end.
struct Answer {
  std::string text;
};

// `arguments` without the program's own name. Throws UsageError (values.h).
std::variant<CommandLine, Answer> parse(const std::vector<std::string>& arguments);

}  // namespace coppice::cli
