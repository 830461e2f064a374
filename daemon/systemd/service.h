// This daemon as a service of systemd's: what the supervisor does for that, in one place.
//
// Without a service manager nothing of it happens, but for the descriptor of --ready-fd. Control thread.
#pragma once

#include <chrono>

#include "cgroup/hierarchy.h"
#include "daemon/options.h"
#include "daemon/services.h"
#include "daemon/state_directory.h"
#include "daemon/systemd/heartbeat.h"
#include "daemon/systemd/notification.h"

namespace coppice::daemon {

class ServiceManager {
 public:
  // They outlive it.
  ServiceManager(Services& services, const Options& options);

  // To be called when the events of earlier lives are known: what follows is told.
  void begin();
  // Connections are accepted. `first`: by the first supervisor of its keeper.
  void ready(bool first);
  // Jobs are being ended.
  void stopping();

  // For a reload: reloading(), and ready() when it is done.
  Notification& notification() { return notification_; }

 private:
  void tell_starter() const;

  Services& services_;
  const Options& options_;
  Notification notification_;
  Heartbeat heartbeat_;
};

// Asks for a scope where systemd runs and our cgroup is nobody's delegation, and says so when there is none to be had: the search
// goes on all the same. Blocks, for seconds at most.
void find_delegation(const Options& options, const cgroup::Search& search);

// See takeover.h. False if it is another daemon's, and not a living one of our own unit.
bool leave_to_living(const StateInUse& problem);

}  // namespace coppice::daemon
