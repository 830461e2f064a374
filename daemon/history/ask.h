// How the history's thread is asked: included by history.cc alone.
#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <asio/post.hpp>

#include "daemon/history/history.h"

namespace coppice::daemon {

// What a piece of work returned, or what it threw.
template <class Result>
struct Answer {
  std::optional<Result> value;
  std::exception_ptr failure;
};

template <class Work>
auto answer_of(Work& work, Store& store) {
  Answer<decltype(work(store))> answer;
  try {
    answer.value.emplace(work(store));
  } catch (...) {
    answer.failure = std::current_exception();
  }
  return answer;
}

inline std::string words_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

template <class Work>
auto History::ask(Work work) -> asio::awaitable<decltype(work(std::declval<Store&>()))> {
  auto guarded = [&store = store_, work = std::move(work)]() mutable { return answer_of(work, store); };
  auto running = run_on(worker_.context(), control_, std::move(guarded));
  auto answer = co_await std::move(running);
  if (answer.failure) throw std::runtime_error("the history cannot be used now: " + words_of(answer.failure));
  co_return std::move(*answer.value);
}

template <class Work, class Then>
void History::post(Work work, Then then) {
  auto there = [&store = store_, &control = control_, weak = std::weak_ptr<History*>(self_), work = std::move(work),
                then = std::move(then)]() mutable {
    auto back = [weak = std::move(weak), then = std::move(then), answer = answer_of(work, store)]() mutable {
      if (!weak.expired()) then(answer);
    };
    asio::post(control, std::move(back));
  };
  asio::post(worker_.context(), std::move(there));
}

}  // namespace coppice::daemon
