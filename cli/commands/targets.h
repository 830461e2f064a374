// Commands that take jobs or a slice: stop, kill, freeze, thaw.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/connect.h"

namespace coppice::cli {

// What to call, each with {"job": …} or {"slice": …}: all words are looked up before anything is
// done to the first. `word` is how the user called it.
struct CallTarget {
  std::string word;
  nlohmann::json parameters;
};

std::vector<CallTarget> call_targets(varlink::Client& client, const std::vector<std::string>& jobs,
                                     const std::optional<std::string>& slice);

}  // namespace coppice::cli
