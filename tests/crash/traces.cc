#include "tests/crash/traces.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/support/observe.h"

namespace coppice::crash {
namespace {

namespace fs = std::filesystem;
using support::Daemon;

// It says so when it starts: "…, jobs in PATH".
std::string hierarchy_of(const Daemon& daemon) {
  const std::string said = daemon.said(), words = "jobs in ";
  const auto begin = said.find(words);
  if (begin == std::string::npos) throw std::runtime_error("the daemon does not say where its jobs are: " + said);
  const auto end = said.find('\n', begin);
  return said.substr(begin + words.size(), end - begin - words.size());
}

std::vector<std::string> cgroups_in(const std::string& path) {
  if (!fs::is_directory(path)) throw std::runtime_error("there is no cgroup " + path);
  std::vector<std::string> found;
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(path, gone), end; !gone && entry != end; entry.increment(gone)) {
    const std::string kind = entry->path().extension();
    if (kind == ".job" || kind == ".slice") found.push_back(entry->path());
  }
  return found;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code gone;
  for (fs::directory_iterator entry(path, gone), end; !gone && entry != end; entry.increment(gone))
    names.push_back(entry->path().filename());
  return names;
}

// What a daemon set aside at its start because it could not make sense of it.
std::set<std::string> damaged_in(const std::string& path) {
  std::set<std::string> found;
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(path, gone), end; !gone && entry != end; entry.increment(gone))
    if (entry->path().filename().string().find("damaged") != std::string::npos)
      found.insert(fs::relative(entry->path(), path));
  return found;
}

void report(std::vector<std::string>& complaints, const std::string& what, std::size_t before, std::size_t after) {
  if (after > before)
    complaints.push_back(what + ": " + std::to_string(after) + " instead of " + std::to_string(before));
}

}  // namespace

Traces look_for_traces(const Daemon& daemon, const std::string& mark) {
  Traces traces;
  traces.processes = support::marked("COPPICE_CRASH=" + mark).size();
  traces.zombies = support::zombies_of(daemon.keeper()).size();
  traces.cgroups = cgroups_in(hierarchy_of(daemon));
  traces.keeper_descriptors = support::descriptors_of(daemon.keeper());
  traces.supervisor_descriptors = support::descriptors_of(daemon.await_supervisor());
  const std::string state = daemon.folder() + "/state";
  const auto entries = names_in(state);
  traces.state = damaged_in(state);
  traces.state.insert(entries.begin(), entries.end());
  traces.logs = names_in(state + "/jobs");
  return traces;
}

std::vector<std::string> compare(const Traces& before, const Traces& after) {
  std::vector<std::string> complaints;
  report(complaints, "processes of jobs left", 0, after.processes);
  report(complaints, "zombies of the keeper", 0, after.zombies);
  for (const auto& path : after.cgroups) complaints.push_back("cgroup left: " + path);
  report(complaints, "descriptors of the keeper", before.keeper_descriptors, after.keeper_descriptors);
  report(complaints, "descriptors of the supervisor", before.supervisor_descriptors, after.supervisor_descriptors);
  for (const auto& name : after.state)
    if (before.state.count(name) == 0) complaints.push_back("left in the state directory: " + name);
  for (const auto& name : after.logs) complaints.push_back("log left: " + name);
  return complaints;
}

void clean_up(const std::string& mark) {
  for (const auto& process : support::marked("COPPICE_CRASH=" + mark))
    ::syscall(SYS_pidfd_send_signal, process.pidfd.get(), SIGKILL, nullptr, 0);
}

}  // namespace coppice::crash
