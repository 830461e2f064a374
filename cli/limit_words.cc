#include "cli/limit_words.h"

#include <optional>
#include <utility>

#include "cli/human.h"

namespace coppice::cli {

std::string limit_words(const config::Limits& limits) {
  const std::pair<const char*, std::optional<config::Milliseconds>> watched[] = {
      {"wall time", limits.wall_time}, {"silence", limits.silence}, {"CPU time", limits.cpu_time}};
  std::string words;
  for (const auto& [name, bound] : watched)
    if (bound) words += (words.empty() ? "" : ", ") + std::string(name) + " " + human_duration(*bound);
  return words;
}

}  // namespace coppice::cli
