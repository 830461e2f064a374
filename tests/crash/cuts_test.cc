// Connections break and nobody dies: calls that are repeated, logs and events that are resumed, lose nothing and repeat
// nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "tests/crash/load.h"
#include "tests/crash/proxy.h"

namespace coppice::crash {
namespace {

constexpr int kCuts = 300;

TEST(Cuts, every_job_is_accounted_for_once_whenever_connections_break) {
  if (const std::string reason = support::missing_privilege(); !reason.empty()) GTEST_SKIP() << reason;
  support::Daemon daemon;
  Proxy proxy(daemon.folder() + "/proxy", daemon.socket());
  Order order;
  const char* given = std::getenv("COPPICE_CRASH_SEED");
  order.seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  order.socket = daemon.folder() + "/proxy";
  order.detached = true;
  std::cout << "seed " << order.seed << ": replay with COPPICE_CRASH_SEED=" << order.seed << std::endl;
  int cuts = 0;
  const Ledger ledger = run_load(daemon, order, [&] {
    for (std::uint64_t draw = mix(order.seed); cuts < kCuts; draw = mix(draw)) {
      std::this_thread::sleep_for(std::chrono::microseconds(draw % 20'000));
      if (proxy.cut(draw >> 20)) ++cuts;
    }
  });
  std::cout << ledger.accounts.size() << " jobs, " << ledger.events.size() << " events, " << cuts << " cuts\n";
  for (const auto& complaint : audit(ledger)) ADD_FAILURE() << complaint;
}

}  // namespace
}  // namespace coppice::crash
