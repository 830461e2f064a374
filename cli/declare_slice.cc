// coppice slice: the words `set` and `list` behind it.
#include <limits>
#include <memory>

#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

UsageError misused(const std::string& what) {
  return UsageError(what + ": coppice slice --help has examples");
}

std::optional<std::int64_t> read_bound(const std::string& text) {
  if (text == "unlimited") return std::nullopt;
  return parse_integer("--jobs", text, 1, std::numeric_limits<std::int64_t>::max());
}

Command set_command(const Words& words, const std::optional<std::string>& jobs) {
  if (words.size() != 2) throw misused("coppice slice set needs one slice");
  if (!jobs) throw misused("coppice slice set needs --jobs N, or --jobs unlimited");
  return SliceSetOptions{words[1], read_bound(*jobs)};
}

Command list_command(const Words& words, const std::optional<std::string>& jobs) {
  if (jobs) throw misused("coppice slice list takes no --jobs");
  if (words.size() > 2) throw misused("coppice slice list takes one slice at most");
  return SliceListOptions{words.size() == 2 ? std::optional(words[1]) : std::nullopt};
}

}  // namespace

Finish declare_slice(CLI::App& app) {
  const auto jobs = std::make_shared<std::optional<std::string>>();
  text_option(app, "--jobs", *jobs, "N|unlimited", "so many run at once, in it and in the slices below it");
  return [jobs](const Words& words) {
    if (words.empty()) throw misused("coppice slice needs the word set or list");
    if (words.front() == "set") return set_command(words, *jobs);
    if (words.front() == "list" || words.front() == "ls") return list_command(words, *jobs);
    throw misused("coppice slice knows set and list, not \"" + words.front() + "\"");
  };
}

}  // namespace coppice::cli
