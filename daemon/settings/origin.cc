#include "daemon/settings/origin.h"

#include <utility>

namespace coppice::daemon {
namespace {

// A text of ours: it has no faults.
Assignments at_start(const SettingsOrigin& origin) {
  Reading reading;
  read_settings_text(origin.file, origin.at_start, reading);
  return std::move(reading.values);
}

// What needs a start as it was then, the rest as the files have it now.
Assignments mixed(const Assignments& start, const Assignments& files) {
  Assignments mixed;
  for (const auto& [name, assignment] : start)
    if (!assignment.key->reloadable) mixed.emplace(name, assignment);
  for (const auto& [name, assignment] : files)
    if (assignment.key->reloadable) mixed.emplace(name, assignment);
  return mixed;
}

}  // namespace

Reading read_now(const SettingsOrigin& origin) {
  Reading reading = read_settings(origin.file, origin.file_named);
  overlay(reading.values, origin.words);
  return reading;
}

Reading read_for_start(const SettingsOrigin& origin, std::vector<std::string>& remarks) {
  if (!origin.started) return read_now(origin);
  const Reading files = read_settings(origin.file, origin.file_named);
  Reading reading;
  reading.values = files.faults.empty() ? mixed(at_start(origin), files.values) : at_start(origin);
  overlay(reading.values, origin.words);
  remarks = files.faults;
  if (!remarks.empty()) remarks.emplace_back("the settings are wrong now: those of the daemon's start are kept");
  return reading;
}

Settings settings_from(const SettingsOrigin& origin, const Assignments& assignments) {
  Settings settings = settings_of(assignments, origin.defaults);
  if (settings.sockets.empty()) settings.sockets.push_back(settings.runtime_directory + "/socket");
  return settings;
}

}  // namespace coppice::daemon
