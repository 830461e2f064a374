#include "cli/daemon_program.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "cli/trouble.h"

namespace coppice::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kProgram[] = "coppiced";
constexpr char kUsualPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool executable(const fs::path& path) {
  std::error_code failure;
  return fs::is_regular_file(path, failure) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<fs::path> candidates() {
  std::vector<fs::path> paths;
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    const fs::path folder = self.parent_path();
    paths = {folder / kProgram, folder.parent_path() / "sbin" / kProgram,
             folder.parent_path() / "daemon" / kProgram};
  }
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : kUsualPath;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : rest.size());
    // What lies in whatever directory one stands in is no program to trust.
    if (!part.empty() && part.front() == '/') paths.push_back(fs::path(part) / kProgram);
  }
  return paths;
}

bool concerns_daemon(std::string_view entry) {
  static constexpr std::string_view kNames[] = {"PATH=", "HOME=", "USER=", "LOGNAME=", "LANG=", "LC_ALL=",
                                                "TZ=", "TMPDIR=", "XDG_RUNTIME_DIR=", "XDG_STATE_HOME="};
  for (const std::string_view name : kNames)
    if (entry.starts_with(name)) return true;
  return entry.starts_with("COPPICE_") ||
         entry.substr(0, entry.find('=')).ends_with("SAN_OPTIONS");  // sanitizers of a test build
}

}  // namespace

std::string find_daemon_program() {
  const char* named = std::getenv("COPPICE_DAEMON");
  if (named != nullptr && *named != '\0') {
    if (executable(named)) return named;
    throw Trouble("COPPICE_DAEMON \"" + std::string(named) + "\" is no program that can be executed");
  }
  for (const fs::path& path : candidates())
    if (executable(path)) return path.string();
  throw Trouble("no daemon runs, and there is no coppiced to start: it is looked for beside coppice, in "
                "../sbin and in PATH, and COPPICE_DAEMON can name it");
}

std::vector<std::string> daemon_environment() {
  std::vector<std::string> environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    if (concerns_daemon(*entry)) environment.emplace_back(*entry);
  return environment;
}

}  // namespace coppice::cli
