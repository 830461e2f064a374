// The table of states × events that every job follows.
//
// It says which state an event leads to, or that the event is refused in that state. Nothing else in
// the daemon decides about states.
#pragma once

#include <optional>
#include <string_view>

#include "config/job.h"

namespace coppice::daemon {

enum class Event {
  // A slot of the slice is free.
  admit,
  // Every command has been executed.
  executed,
  // A command could not be started; the pen is about to be emptied.
  start_failed,
  freeze,
  thaw,
  // The polite end was asked for.
  stop,
  // The unconditional end was asked for, a grace period ran out, or leftovers are to go.
  kill,
  // The main command has ended and so has everything else.
  emptied,
  // The same, but another attempt follows.
  restart,
};

// The state that follows, or nothing if `event` is refused in `state`.
std::optional<config::State> next_state(config::State state, Event event);

// Why it is refused, for people: `the job has ended`.
std::string_view refusal(config::State state, Event event);

}  // namespace coppice::daemon
