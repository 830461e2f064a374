// Jobs of all kinds, many at once, with clients that look after them, for as long as somebody does harm meanwhile; and
// then the ledger of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/ledger.h"
#include "tests/support/daemon.h"

namespace coppice::crash {

struct Order {
  std::uint64_t seed = 0;
  // Jobs at once.
  int lanes = 8;
  // At least so many jobs; more while the harm lasts.
  int jobs = 60;
  // Of these in turn; if there are none, one of each and then as the seed says.
  std::vector<Kind> kinds = {};
  // Called before the first of them is started.
  std::function<void()> prepare = [] {};
  bool keeper_dies = false;
  // Where clients connect to, if not to the daemon itself.
  std::string socket = {};
  // Without Run, whose job ends with its connection.
  bool detached = false;
};

// Runs a load against `daemon` while `harm` runs on this thread, takes stock when all jobs are over, has them
// removed, and looks for what is left.
Ledger run_load(support::Daemon& daemon, const Order& order, const std::function<void()>& harm);

}  // namespace coppice::crash
