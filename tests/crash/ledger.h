// What was seen of a load, from all sides, and what is wrong with it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/plan.h"
#include "tests/crash/traces.h"

namespace coppice::crash {

// What one attempt of a writer noted of one stream: between `done` and `begun` bytes have arrived.
struct Noted {
  std::uint64_t begun = 0;
  std::uint64_t done = 0;
};

// What was seen of one job. Logs by stream: 1 output, 2 error.
struct Account {
  Plan plan;
  // What Start and Run answered.
  std::set<std::string> ids;
  // Who was told a result, and which.
  std::vector<std::pair<std::string, json>> results;
  // What a follower got, what Run's pieces were, and what was in the log in the end.
  std::map<int, std::string> followed;
  std::map<int, std::string> ran;
  std::map<int, std::string> kept;
  // The jobs with this plan's label.
  std::vector<json> listed;
  // Times that its writer was started, and what each attempt noted, by stream.
  int starts = 0;
  std::vector<std::map<int, Noted>> noted;
  // What went wrong while it was looked after.
  std::vector<std::string> trouble;
};

struct Ledger {
  std::vector<Account> accounts;
  // What a subscriber to everything was told, and one to the slice with a bound.
  std::vector<json> events;
  std::vector<json> queue_events;
  // Jobs that nobody planned.
  std::vector<std::string> strangers;
  Traces before;
  Traces after;
  std::vector<std::string> trouble;
  // Then a result may be `lost`, if it says why, and a log may lack its end.
  bool keeper_died = false;
};

// A sentence for each thing that is not as it must be; empty: nothing is lost, nothing is twice, nothing is left.
std::vector<std::string> audit(const Ledger& ledger);

}  // namespace coppice::crash
