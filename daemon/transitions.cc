#include "daemon/transitions.h"

#include <array>
#include <cstddef>

namespace coppice::daemon {
namespace {

using config::State;

constexpr std::size_t kStates = static_cast<std::size_t>(State::ended) + 1;
constexpr std::size_t kEvents = static_cast<std::size_t>(Event::restart) + 1;
constexpr std::optional<State> kRefused = std::nullopt;

using Row = std::array<std::optional<State>, kEvents>;

// A kill that meets a job that is ending or has ended is no error (K5): it stays where it is.
// A stop of a frozen job thaws it: a frozen process cannot answer a polite signal.
constexpr std::array<Row, kStates> kTable = {{
    //           admit            executed        start_failed    freeze          thaw
    //           stop             kill            emptied         restart
    /* queued */ {State::starting, kRefused, kRefused, kRefused, kRefused,
                  State::killing, State::killing, State::ended, kRefused},
    /* starting */ {kRefused, State::running, State::killing, kRefused, kRefused,
                    State::killing, State::killing, State::ended, State::starting},
    /* running */ {kRefused, kRefused, kRefused, State::frozen, State::running,
                   State::stopping, State::killing, State::ended, State::starting},
    /* frozen */ {kRefused, kRefused, kRefused, State::frozen, State::running,
                  State::stopping, State::killing, State::ended, State::starting},
    /* stopping */ {kRefused, kRefused, kRefused, kRefused, kRefused,
                    State::stopping, State::killing, State::ended, State::starting},
    /* killing */ {kRefused, State::killing, State::killing, kRefused, kRefused,
                   State::killing, State::killing, State::ended, State::starting},
    /* ended */ {kRefused, kRefused, kRefused, kRefused, kRefused,
                 State::ended, State::ended, State::ended, kRefused},
}};

}  // namespace

std::optional<State> next_state(State state, Event event) {
  return kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
}

std::string_view refusal(State state, Event event) {
  if (state == State::ended) return "the job has ended";
  if (state == State::killing) return "the job is being killed";
  if (state == State::stopping) return "the job has been asked to end";
  if (state == State::queued || state == State::starting) return "the job has not started yet";
  if (event == Event::admit || event == Event::executed || event == Event::start_failed)
    return "the job has started already";
  return "the job is in no state for that";
}

}  // namespace coppice::daemon
