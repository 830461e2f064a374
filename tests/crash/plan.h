// What one job of the load is, what is done to it, and what must come of it: all of it drawn from a seed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/crash/programs/lines.h"

namespace coppice::crash {

using nlohmann::json;

enum class Kind {
  // Ends by itself with a code, or of a signal.
  code,
  signal,
  // Output and error apart.
  two_streams,
  // A writer and two copiers.
  pipeline,
  // Megabytes at full speed.
  big,
  // In a slice with a bound.
  queued,
  // Restarted until it succeeds.
  restarted,
  // Renewed by its client until it ends by itself.
  leased,
  // Nobody renews it.
  expiring,
  // Ended by the daemon for its wall time.
  timed,
  // Without end, until its client has it stopped; the second kind says goodbye with a code.
  stopped,
  polite,
  killed,
  // Stands still for a while.
  frozen,
  // Leaves a process behind that the daemon has to end.
  leaving,
};
inline constexpr int kKinds = 15;

// The slice with a bound.
inline constexpr char kQueue[] = "queue";
inline constexpr int kPlaces = 2;

struct Plan {
  int number = 0;
  Kind kind = Kind::code;
  json spec;
  // Start's and Run's.
  std::string key;
  // By Run, bound to the connection; otherwise by Start.
  bool through_run = false;
  // A second client waits, a third one follows the log.
  bool waited = false;
  bool followed = false;

  // What must come of it. `exits`: code or signal of each command.
  std::string outcome;
  json exits;
  int attempts = 1;
  // What its writer was told. -1 lines: as much as it comes to.
  std::uint64_t seed = 0;
  int lines = 0;
  int streams = 1;
  std::string witness;

  // All that `stream` (1 or 2) must hold in the end; of writers with an end.
  std::string text(int stream) const;
};

// Where a load runs.
struct Place {
  // The writer's program, absolute.
  std::string program;
  // Where writers leave their notes.
  std::string folder;
  // Sought in the environment of processes, as COPPICE_CRASH=MARK.
  std::string mark;
  // Writers go on when nobody reads (when the keeper is killed, nobody does for a while).
  bool deaf = false;
};

// The same for the same seed, number and place.
Plan draw(std::uint64_t seed, int number, const Place& place);
// Of one kind; the rest is drawn.
Plan draw(std::uint64_t seed, int number, const Place& place, Kind kind);

std::string name_of(Kind kind);

}  // namespace coppice::crash
