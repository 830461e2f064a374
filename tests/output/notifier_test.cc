#include "daemon/notifier.h"

#include <gtest/gtest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <exception>
#include <memory>

namespace coppice::daemon {
namespace {

asio::awaitable<void> wait_until(Notifier& changed, const int& value, int wanted, int& reached) {
  while (value < wanted) co_await changed.wait();
  ++reached;
}

TEST(Notifier, wakes_everyone_who_waits_and_each_checks_again) {
  asio::io_context context;
  Notifier changed(context);
  int value = 0, reached = 0;
  for (int i = 0; i < 100; ++i)
    asio::co_spawn(context, wait_until(changed, value, 1, reached), asio::detached);
  asio::co_spawn(context, wait_until(changed, value, 2, reached), asio::detached);
  context.poll();
  EXPECT_EQ(reached, 0);
  changed.notify_all();
  context.poll();
  EXPECT_EQ(reached, 0);
  value = 1;
  changed.notify_all();
  context.poll();
  EXPECT_EQ(reached, 100);
  value = 2;
  changed.notify_all();
  context.poll();
  EXPECT_EQ(reached, 101);
}

TEST(Notifier, a_cancelled_wait_throws_and_others_wait_on) {
  asio::io_context context;
  Notifier changed(context);
  int value = 0, reached = 0;
  asio::cancellation_signal signal;
  std::exception_ptr failure;
  auto keep = [&](std::exception_ptr error) { failure = error; };
  asio::co_spawn(context, wait_until(changed, value, 1, reached),
                 asio::bind_cancellation_slot(signal.slot(), keep));
  asio::co_spawn(context, wait_until(changed, value, 1, reached), asio::detached);
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.poll();
  ASSERT_TRUE(failure);
  EXPECT_THROW(std::rethrow_exception(failure), std::system_error);
  value = 1;
  changed.notify_all();
  context.poll();
  EXPECT_EQ(reached, 1);
}

TEST(Notifier, a_wait_that_is_notified_and_cancelled_at_once_throws) {
  asio::io_context context;
  Notifier changed(context);
  int value = 0, reached = 0;
  asio::cancellation_signal signal;
  std::exception_ptr failure;
  auto keep = [&](std::exception_ptr error) { failure = error; };
  asio::co_spawn(context, wait_until(changed, value, 1, reached),
                 asio::bind_cancellation_slot(signal.slot(), keep));
  context.poll();
  value = 1;
  changed.notify_all();
  signal.emit(asio::cancellation_type::terminal);
  context.poll();
  EXPECT_TRUE(failure);
}

asio::awaitable<void> wait_once(std::shared_ptr<Notifier> changed, bool& woken) {
  Notifier& borrowed = *changed;
  changed.reset();
  auto wait = borrowed.wait();
  co_await std::move(wait);
  woken = true;
}

TEST(Notifier, destroying_it_wakes_waiters) {
  asio::io_context context;
  auto changed = std::make_shared<Notifier>(context);
  bool woken = false;
  asio::co_spawn(context, wait_once(changed, woken), asio::detached);
  context.poll();
  changed.reset();
  context.poll();
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace coppice::daemon
