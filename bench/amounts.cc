#include "bench/amounts.h"

namespace coppice::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

Amounts usual() {
  Amounts amounts;
  amounts.rounds = 8;
  amounts.jobs = 8000;
  amounts.trees = {1, 10, 100, 1000, 10000};
  amounts.kills = 50;
  amounts.bomb = 1000;
  amounts.idle = {1000, 10000};
  amounts.starts = 20;
  // More than the events and ended jobs that a daemon keeps.
  amounts.warm_up = 10000;
  amounts.churn = 20000;
  amounts.idle_span = 10s;
  amounts.poured = 1024 * kMiB;
  amounts.chimes = 2000;
  amounts.live = {100, 1000, 10000, 30000};
  amounts.readers = 100;
  amounts.probes = 500;
  amounts.adopted = {1000, 10000};
  amounts.restarts = 5;
  return amounts;
}

Amounts quick() {
  Amounts amounts = usual();
  amounts.rounds = 4;
  amounts.jobs = 2000;
  amounts.trees = {1, 10, 100, 1000};
  amounts.kills = 20;
  amounts.idle = {1000};
  amounts.starts = 5;
  amounts.churn = 5000;
  amounts.idle_span = 3s;
  amounts.poured = 256 * kMiB;
  amounts.chimes = 500;
  amounts.live = {100, 1000, 2000};
  amounts.probes = 200;
  amounts.adopted = {1000};
  amounts.restarts = 3;
  return amounts;
}

Amounts smoke() {
  Amounts amounts = quick();
  amounts.rounds = 1;
  amounts.jobs = 128;
  amounts.trees = {1, 3};
  amounts.kills = 1;
  amounts.bomb = 20;
  amounts.idle = {5};
  amounts.starts = 1;
  amounts.warm_up = 20;
  amounts.churn = 40;
  amounts.idle_span = 100ms;
  amounts.poured = 8 * kMiB;
  amounts.chimes = 5;
  amounts.live = {5, 10};
  amounts.readers = 3;
  amounts.probes = 4;
  amounts.adopted = {5};
  amounts.restarts = 1;
  return amounts;
}

Amounts extended() {
  Amounts amounts = usual();
  amounts.jobs = 40000;
  amounts.churn = 1000000;
  amounts.idle_span = 60s;
  return amounts;
}

}  // namespace

Amounts amounts_for(Options::Effort effort) {
  switch (effort) {
    case Options::Effort::smoke: return smoke();
    case Options::Effort::quick: return quick();
    case Options::Effort::extended: return extended();
    case Options::Effort::usual: break;
  }
  return usual();
}

}  // namespace coppice::bench
