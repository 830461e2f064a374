// coppice daemon: the word `upgrade` behind it.
#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

UsageError misused(const std::string& what) {
  return UsageError(what + ": coppice daemon --help has examples");
}

}  // namespace

Finish declare_daemon(CLI::App& /*app*/) {
  return [](const Words& words) -> Command {
    if (words.empty()) throw misused("coppice daemon needs the word upgrade");
    if (words.front() != "upgrade") throw misused("coppice daemon knows upgrade, not \"" + words.front() + "\"");
    if (words.size() > 1) throw misused("coppice daemon upgrade takes nothing more");
    return DaemonUpgradeOptions{};
  };
}

}  // namespace coppice::cli
