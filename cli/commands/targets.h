// Commands that take jobs or a slice: stop, kill, freeze, thaw.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/persistent_client.h"

namespace coppice::cli {

// What to call, each with {"job": …} or {"slice": …}: all words are looked up before anything is
// done to the first. `word` is how the user called it.
struct CallTarget {
  std::string word;
  nlohmann::json parameters;
};

std::vector<CallTarget> call_targets(PersistentClient& client, const std::vector<std::string>& jobs,
                                     const std::optional<std::string>& slice);

// Stop or Kill. Where a broken connection made it necessary to ask again and nothing of the slice is left, that is what
// was wanted: the answer tells of no job then.
nlohmann::json call_to_end(PersistentClient& client, const char* method, const nlohmann::json& parameters);

}  // namespace coppice::cli
