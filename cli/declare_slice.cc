// coppice slice: the words `set` and `list` behind it.
#include <limits>
#include <memory>

#include "cli/declare.h"
#include "cli/declare_limits.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

UsageError slice_misused(const std::string& what) {
  return UsageError(what + ": coppice slice --help has examples");
}

std::optional<std::int64_t> read_bound(const std::string& text) {
  if (text == "unlimited") return std::nullopt;
  return parse_integer("--jobs", text, 1, std::numeric_limits<std::int64_t>::max());
}

struct SliceWords {
  std::optional<std::string> jobs;
  ControlledWords controlled;

  bool limits() const {
    const auto& [memory_max, memory_high, cpu_max, cpu_weight, io_weight, processes_max] = controlled;
    return memory_max || memory_high || cpu_max || cpu_weight || io_weight || processes_max;
  }
};

Command set_command(const Words& words, const SliceWords& given) {
  if (words.size() != 2) throw slice_misused("coppice slice set needs one slice");
  if (!given.jobs && !given.limits())
    throw slice_misused("coppice slice set needs --jobs N or --jobs unlimited, or a limit such as --memory-max 2G");
  SliceSetOptions options;
  options.slice = words[1];
  options.bounds_jobs = given.jobs.has_value();
  if (given.jobs) options.max_jobs = read_bound(*given.jobs);
  options.change = read_controlled(given.controlled);
  return options;
}

Command list_command(const Words& words, const SliceWords& given) {
  if (given.jobs) throw slice_misused("coppice slice list takes no --jobs");
  if (given.limits()) throw slice_misused("coppice slice list takes no limits");
  if (words.size() > 2) throw slice_misused("coppice slice list takes one slice at most");
  return SliceListOptions{words.size() == 2 ? std::optional(words[1]) : std::nullopt};
}

}  // namespace

Finish declare_slice(CLI::App& app) {
  const auto given = std::make_shared<SliceWords>();
  text_option(app, "--jobs", given->jobs, "N|unlimited", "so many run at once, in it and in the slices below it");
  declare_controlled(app, given->controlled);
  return [given](const Words& words) {
    if (words.empty()) throw slice_misused("coppice slice needs the word set or list");
    if (words.front() == "set") return set_command(words, *given);
    if (words.front() == "list" || words.front() == "ls") return list_command(words, *given);
    throw slice_misused("coppice slice knows set and list, not \"" + words.front() + "\"");
  };
}

}  // namespace coppice::cli
