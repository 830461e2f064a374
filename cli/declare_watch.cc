// coppice top and coppice explain.
#include <memory>

#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr Milliseconds kShortestInterval{100};

struct TopWords {
  std::optional<std::string> sort, interval, slice;
  bool tree = false;
  bool once = false;
};

Milliseconds interval_of(const TopWords& words, Milliseconds usual) {
  if (!words.interval) return usual;
  const Milliseconds interval = parse_duration("--interval", *words.interval);
  if (interval < kShortestInterval)
    throw UsageError("--interval \"" + *words.interval + "\": give 100ms or more, or leave it out");
  return interval;
}

}  // namespace

Finish declare_top(CLI::App& app) {
  const auto words = std::make_shared<TopWords>();
  text_option(app, "--sort", words->sort, "cpu|memory|io|processes|name", "the most first; cpu if left out");
  app.add_flag("--tree", words->tree, "by slice, with the sums of each");
  app.add_flag("--once", words->once, "print one picture and end, as where standard output is no terminal");
  text_option(app, "--interval", words->interval, "DURATION", "between two looks; 1s if left out");
  text_option(app, "--slice", words->slice, "SLICE", "jobs in it and in the slices below it");
  return [words](const Words& rest) -> Command {
    if (!rest.empty()) throw UsageError("coppice top takes no argument: --slice SLICE narrows it");
    TopOptions options;
    options.sort = parse_choice("--sort", words->sort.value_or("cpu"), {"cpu", "memory", "io", "processes", "name"});
    options.tree = words->tree;
    options.once = words->once;
    options.interval = interval_of(*words, options.interval);
    options.slice = words->slice;
    return options;
  };
}

Finish declare_explain(CLI::App& /*app*/) {
  return [](const Words& rest) -> Command {
    if (!rest.empty()) throw UsageError("coppice explain takes no argument");
    return ExplainOptions{};
  };
}

}  // namespace coppice::cli
