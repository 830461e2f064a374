// The settings, read again while the daemon runs.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "daemon/access.h"
#include "daemon/notifier.h"
#include "daemon/settings/origin.h"

namespace coppice::daemon {

struct Services;

// The files have faults, and nothing has changed.
class ReloadRefused : public std::runtime_error {
 public:
  explicit ReloadRefused(std::vector<std::string> faults)
      : std::runtime_error("the settings are wrong, and stay as they were"), faults_(std::move(faults)) {}
  // A sentence each, with file, line and key.
  const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  std::vector<std::string> faults_;
};

// On the control thread; the files are read and names are looked up on another.
class Reload {
 public:
  // For a service manager: when it begins, and when the daemon is as ready as before, whatever came of it.
  struct Hooks {
    std::function<void()> reloading = [] {};
    std::function<void()> ready = [] {};
  };
  // Names of keys.
  struct Outcome {
    std::vector<std::string> changed = {};
    // They are different in the files, and count from the next start of the daemon.
    std::vector<std::string> needs_restart = {};
  };

  // `settings` are those that the daemon works with, and change here. They and the services outlive this.
  Reload(Services& services, Settings& settings, SettingsOrigin origin);
  void hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  // One at a time: who comes meanwhile waits. The log tells what came of it. Throws ReloadRefused, which has been
  // logged; operation_aborted when the caller is cancelled, and then nothing has changed.
  asio::awaitable<Outcome> run();

 private:
  // Ends it, whatever happens.
  class Turn;
  struct News {
    Settings settings = {};
    AccessRules rules = {};
    std::vector<std::string> faults = {};
    std::vector<std::string> remarks = {};
  };

  static News read(const SettingsOrigin& origin);
  Outcome apply(News news);

  Services& services_;
  Settings& settings_;
  SettingsOrigin origin_;
  Hooks hooks_;
  bool under_way_ = false;
  Notifier done_;
};

}  // namespace coppice::daemon
