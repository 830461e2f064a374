// coppice __complete: what is asked by the completions of bash, zsh and fish. For no person, so help does not list it.
#include <array>
#include <utility>

#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

using What = CompleteOptions::What;

constexpr std::array<std::pair<const char*, What>, 6> kWords = {{{"live-jobs", What::live_jobs},
                                                                 {"jobs", What::jobs},
                                                                 {"ended-jobs", What::ended_jobs},
                                                                 {"slices", What::slices},
                                                                 {"signals", What::signals},
                                                                 {"outcomes", What::outcomes}}};

What what_of(const std::string& word) {
  std::string known;
  for (const auto& [name, what] : kWords) {
    if (word == name) return what;
    known += std::string(known.empty() ? "" : ", ") + name;
  }
  throw UsageError("coppice __complete knows " + known + ", not \"" + word + "\"");
}

}  // namespace

Finish declare_complete(CLI::App& /*app*/) {
  return [](const Words& words) -> Command {
    if (words.empty() || words.size() > 2)
      throw UsageError("coppice __complete takes what to list, and the beginning of a word");
    CompleteOptions options;
    options.what = what_of(words.front());
    if (words.size() == 2) options.beginning = words.back();
    return options;
  };
}

}  // namespace coppice::cli
