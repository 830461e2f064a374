#include "daemon/keeper_program.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

std::vector<std::string> candidates(const Options& options, const std::filesystem::path& self) {
  if (!options.keeper.empty()) return {std::filesystem::absolute(options.keeper)};
  const auto beside = self.parent_path();
  return {beside / "coppice-keeper", beside.parent_path() / "libexec/coppice/coppice-keeper",
          // Where the build leaves it.
          beside.parent_path() / "process/keeper/coppice-keeper"};
}

}  // namespace

std::string rescue_path(const Options& options) { return options.state_directory + "/keeper.socket"; }

std::vector<std::string> keeper_words(const Options& options, const std::string& keeper, const std::string& supervisor) {
  std::vector<std::string> words = {keeper,
                                    "--restarts",
                                    std::to_string(options.restarts),
                                    "--quick",
                                    std::to_string(options.restarts_within.count()),
                                    "--rescue",
                                    rescue_path(options)};
  if (options.watchdog.count() > 0) {
    words.push_back("--watchdog");
    words.push_back(std::to_string(options.watchdog.count()));
  }
  words.insert(words.end(), {"--supervisor", supervisor, "--"});
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  const std::vector<std::string> settings = words_for_start(options);
  words.insert(words.end(), settings.begin(), settings.end());
  return words;
}

void become_keeper(const Options& options) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  std::string tried;
  for (const std::string& keeper : candidates(options, self)) {
    std::vector<std::string> words = keeper_words(options, keeper, self);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(keeper.c_str(), arguments.data());
    tried += (tried.empty() ? "" : "; ") + errno_message("exec", keeper, errno);
  }
  throw std::runtime_error("the keeper cannot be started (" + tried +
                           "); put coppice-keeper beside coppiced, or name it with --keeper");
}

}  // namespace coppice::daemon
