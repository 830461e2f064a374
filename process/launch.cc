#include "process/launch.h"

#include <array>

namespace coppice::process {
namespace {

constexpr std::array<std::string_view, 26> kStepNames = {
    "record",  "spawner",   "clone",     "pen",       "close_descriptors", "standard_streams",
    "session", "setrlimit", "nice",      "oom_score", "umask",             "setgroups",
    "setgid",  "setuid",    "no_new_privileges",      "chdir",             "signals",
    "exec",    "root",      "input",     "output",    "error",
    "terminal", "cgroup_namespace", "cgroup_mount",   "keyring"};
static_assert(kStepNames.size() == kSteps, "every step has a name");
static_assert(kStepNames[static_cast<std::size_t>(Step::pen)] == "pen");
static_assert(kStepNames[static_cast<std::size_t>(Step::umask)] == "umask");
static_assert(kStepNames[static_cast<std::size_t>(Step::exec)] == "exec");
static_assert(kStepNames[static_cast<std::size_t>(Step::error)] == "error");
static_assert(kStepNames[static_cast<std::size_t>(Step::terminal)] == "terminal");
static_assert(kStepNames[static_cast<std::size_t>(Step::keyring)] == "keyring");

std::string against(std::string_view base, std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  std::string absolute(base);
  if (!path.empty()) {
    if (!absolute.ends_with('/')) absolute += '/';
    absolute += path;
  }
  return absolute;
}

}  // namespace

std::string_view step_name(Step step) { return kStepNames[static_cast<std::size_t>(step)]; }

std::optional<Step> step_from_number(std::uint32_t number) {
  if (number >= kSteps) return std::nullopt;
  return static_cast<Step>(number);
}

std::vector<std::string> program_candidates(std::string_view program,
                                            std::optional<std::string_view> path,
                                            std::string_view base_directory) {
  if (program.empty()) return {};
  if (program.find('/') != std::string_view::npos) return {against(base_directory, program)};

  std::vector<std::string> candidates;
  std::string_view rest = path.value_or(kDefaultPath);
  while (true) {
    const std::size_t colon = rest.find(':');
    std::string candidate = against(base_directory, rest.substr(0, colon));
    if (!candidate.ends_with('/')) candidate += '/';
    candidates.push_back(candidate.append(program));
    if (colon == std::string_view::npos) return candidates;
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace coppice::process
