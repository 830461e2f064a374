// How much of each thing a run measures.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/options.h"

namespace coppice::bench {

struct Amounts {
  // Bare loops and the API take turns so many times.
  int rounds;
  // start: of each kind
  int jobs;
  // kill
  std::vector<int> trees;
  int kills;
  int bomb;
  // memory
  std::vector<int> idle;
  int starts;
  int warm_up;
  int churn;
  std::chrono::milliseconds idle_span;
  // output: bytes of all jobs of one round together, and what is written to a follower
  std::int64_t poured;
  int chimes;
  // scale
  std::vector<int> live;
  int readers;
  int probes;
  // restart
  std::vector<int> adopted;
  int restarts;
};

Amounts amounts_for(Options::Effort effort);

}  // namespace coppice::bench
