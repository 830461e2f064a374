#include "daemon/transitions.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "config/names.h"

namespace coppice::daemon {
namespace {

using config::State;

constexpr std::array kStates = {State::queued,   State::starting, State::running, State::frozen,
                                State::stopping, State::killing,  State::ended};
constexpr std::array kEvents = {Event::admit, Event::executed, Event::start_failed, Event::freeze,
                                Event::thaw,  Event::stop,     Event::kill,         Event::emptied,
                                Event::restart};

// A letter for the state that follows, '.' for a refusal: the whole table as a reader would check it.
constexpr char kLetters[] = "qsrfpke";

char letter(State state) { return kLetters[static_cast<std::size_t>(state)]; }

struct Expectation {
  State state;
  // In the order of kEvents.
  const char* cells;
};

constexpr std::array<Expectation, 7> kExpected = {{
    {State::queued, "s....kke."},
    {State::starting, ".rk..kkes"},
    {State::running, "...frpkes"},
    {State::frozen, "...frpkes"},
    {State::stopping, ".....pkes"},
    {State::killing, ".kk..kkes"},
    {State::ended, ".....eee."},
}};

TEST(Transitions, every_cell_of_the_table_is_as_written_down_here) {
  for (const auto& expected : kExpected)
    for (std::size_t i = 0; i < kEvents.size(); ++i) {
      const auto next = next_state(expected.state, kEvents[i]);
      EXPECT_EQ(next ? letter(*next) : '.', expected.cells[i])
          << config::name_of(expected.state) << ", event " << i;
    }
}

TEST(Transitions, every_refusal_says_why) {
  for (const State state : kStates)
    for (const Event event : kEvents)
      if (!next_state(state, event)) {
        EXPECT_FALSE(refusal(state, event).empty());
      }
}

TEST(Transitions, whatever_lives_can_be_killed_and_ends) {
  for (const State state : kStates) {
    EXPECT_TRUE(next_state(state, Event::kill));
    EXPECT_EQ(next_state(state, Event::emptied), State::ended);
  }
}

TEST(Transitions, nothing_leaves_the_end) {
  for (const Event event : kEvents)
    if (const auto next = next_state(State::ended, event)) {
      EXPECT_EQ(*next, State::ended);
    }
}

}  // namespace
}  // namespace coppice::daemon
