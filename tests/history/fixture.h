// A history in a directory of its own, on a thread that the test lends to it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "daemon/history/history.h"

namespace coppice::daemon {

inline constexpr std::chrono::seconds kDeadline{60};

// 26 digits; ids of greater numbers are greater.
std::string id_of(int number);

// A job that succeeded, named "job-NUMBER", which began and ended `number` seconds after the epoch's 1,700,000,000th.
struct Recipe {
  int number = 0;
  std::string slice = "";
  std::map<std::string, std::string> labels = {};
  config::Outcome outcome = config::Outcome::succeeded;
  uid_t owner = 0;
  std::optional<std::string> key = {};
  // Now, instead.
  bool recent = true;
};
HistoryRow row_of(const Recipe& recipe);
HistoryRow row_of(int number);

class WithHistory : public testing::Test {
 protected:
  WithHistory();
  ~WithHistory() override;

  // Those of `settings` but for the directory.
  void open(History::Settings settings = {});
  void close() { history_.reset(); }
  History& history() { return *history_; }

  // Runs the control thread's part until the task is done.
  template <class Result>
  Result get(asio::awaitable<Result> task);
  void finish(asio::awaitable<void> task);
  // Until the condition holds; false when the deadline has passed.
  bool eventually(const std::function<bool()>& condition);

  void add(int first, int last);
  // The ids of all pages.
  std::vector<std::string> ids(const HistoryFilter& filter = {});
  // Gives a job a directory with a log of that many bytes.
  void write_log(const std::string& id, std::size_t bytes);
  bool has_log(const std::string& id) const;
  // What the administrator was told, and how often each told of `words`.
  std::vector<std::string> said() const;
  std::size_t times_said(const std::string& words) const;
  std::string database() const { return directory_ + "/history.db"; }
  // Names in the directory that begin so.
  std::vector<std::string> files(const std::string& beginning) const;

  std::string directory_;
  asio::io_context io_;
  // The ids of each call.
  std::vector<std::vector<std::string>> settled_;
  std::vector<std::string> forgotten_;

 private:
  struct Said;
  std::shared_ptr<Said> said_;
  std::optional<History> history_;
};

template <class Result>
Result WithHistory::get(asio::awaitable<Result> task) {
  std::optional<Result> result;
  std::exception_ptr failure;
  asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error, Result value) {
    failure = error;
    result.emplace(std::move(value));
  });
  if (!eventually([&] { return result.has_value(); })) throw std::runtime_error("the history does not answer");
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace coppice::daemon
