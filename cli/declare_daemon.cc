// coppice daemon: the word `upgrade` or `reload` behind it.
#include "cli/declare.h"
#include "cli/values.h"

namespace coppice::cli {
namespace {

UsageError daemon_misused(const std::string& what) {
  return UsageError(what + ": coppice daemon --help has examples");
}

}  // namespace

Finish declare_daemon(CLI::App& /*app*/) {
  return [](const Words& words) -> Command {
    if (words.empty()) throw daemon_misused("coppice daemon needs the word upgrade or reload");
    const std::string& word = words.front();
    if (word != "upgrade" && word != "reload")
      throw daemon_misused("coppice daemon knows upgrade and reload, not \"" + word + "\"");
    if (words.size() > 1) throw daemon_misused("coppice daemon " + word + " takes nothing more");
    if (word == "reload") return DaemonReloadOptions{};
    return DaemonUpgradeOptions{};
  };
}

}  // namespace coppice::cli
