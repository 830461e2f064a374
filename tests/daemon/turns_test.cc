#include "daemon/turns.h"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <optional>
#include <vector>

namespace coppice::daemon::test {
namespace {

struct InTurns : ::testing::Test {
  asio::io_context io;
  std::optional<Turns> turns{2};
  std::vector<int> order;
  std::vector<Turns::Turn> held = std::vector<Turns::Turn>(8);

  asio::awaitable<void> enter(int who) {
    auto taking = turns->take(io);
    Turns::Turn turn = co_await std::move(taking);
    order.push_back(who);
    held[static_cast<std::size_t>(who)] = std::move(turn);
  }
  void enter_all(int count) {
    for (int who = 0; who < count; ++who) asio::co_spawn(io, enter(who), asio::detached);
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
};

TEST_F(InTurns, no_more_than_so_many_have_one_and_the_first_goes_first) {
  enter_all(5);
  EXPECT_EQ(order, (std::vector<int>{0, 1}));
  held[1].give_back();
  settle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  held[0] = {};
  held[2] = {};
  settle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(InTurns, what_was_given_back_twice_counts_once) {
  enter_all(2);
  held[0].give_back();
  held[0].give_back();
  enter_all(2);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 0}));
}

TEST_F(InTurns, one_that_comes_when_all_are_back_need_not_wait) {
  enter_all(2);
  held[0].give_back();
  held[1].give_back();
  enter_all(2);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 0, 1}));
}

TEST_F(InTurns, a_turn_may_outlive_where_it_is_from) {
  enter_all(1);
  turns.reset();
  held[0].give_back();
}

TEST(Turns, who_gave_up_waiting_is_passed_over) {
  Turns turns(1);
  Turns::Turn first;
  bool third = false;
  asio::io_context patient;
  const auto enter = [&](asio::io_context& io, auto then) -> asio::awaitable<void> {
    auto taking = turns.take(io);
    Turns::Turn turn = co_await std::move(taking);
    then(std::move(turn));
  };
  asio::co_spawn(patient, enter(patient, [&](Turns::Turn turn) { first = std::move(turn); }), asio::detached);
  patient.poll();
  {
    asio::io_context gone;
    asio::co_spawn(gone, enter(gone, [](Turns::Turn) { FAIL() << "it had gone"; }), asio::detached);
    gone.poll();
  }
  asio::co_spawn(patient, enter(patient, [&](Turns::Turn) { third = true; }), asio::detached);
  patient.restart();
  patient.poll();
  EXPECT_FALSE(third);
  first.give_back();
  patient.restart();
  patient.poll();
  EXPECT_TRUE(third);
}

TEST(Turns, who_goes_as_its_turn_comes_leaves_it_to_the_next) {
  Turns turns(1);
  Turns::Turn first, third;
  asio::io_context patient;
  const auto enter = [&](asio::io_context& io, Turns::Turn& held) -> asio::awaitable<void> {
    auto taking = turns.take(io);
    held = co_await std::move(taking);
  };
  asio::co_spawn(patient, enter(patient, first), asio::detached);
  patient.poll();
  bool called = false;
  {
    Turns::Turn second;
    asio::io_context going;
    asio::co_spawn(going, enter(going, second), asio::detached);
    going.poll();
    first.give_back();
  }
  asio::co_spawn(patient, [&]() -> asio::awaitable<void> {
    auto entering = enter(patient, third);
    co_await std::move(entering);
    called = true;
  }, asio::detached);
  patient.restart();
  patient.poll();
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace coppice::daemon::test
