#include "daemon/systemd/status_line.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

#include "daemon/job.h"

namespace coppice::daemon {
namespace {

constexpr std::chrono::seconds kAtMostEvery(1);

std::string line_of(const JobTable& jobs) {
  std::vector<config::State> states;
  for (const auto& job : jobs.live_in("")) states.push_back(job->state());
  return status_line(states);
}

}  // namespace

std::string status_line(const std::vector<config::State>& states) {
  using config::State;
  if (states.empty()) return "no jobs";
  const auto count = [&states](State one, State other) {
    return std::ranges::count_if(states, [&](State state) { return state == one || state == other; });
  };
  std::string line = std::to_string(states.size()) + (states.size() == 1 ? " job" : " jobs");
  if (const auto queued = count(State::queued, State::queued)) line += ", " + std::to_string(queued) + " queued";
  if (const auto ending = count(State::stopping, State::killing)) line += ", " + std::to_string(ending) + " ending";
  return line;
}

asio::awaitable<void> keep_status(Services& services, Notification& notification) {
  std::string told;
  asio::steady_timer pause(services.io);
  while (true) {
    if (std::string line = line_of(services.jobs); line != told) {
      notification.status(line);
      told = std::move(line);
    }
    const auto seen = services.events.last_sequence();
    pause.expires_after(kAtMostEvery);
    co_await pause.async_wait(asio::use_awaitable);
    while (services.events.last_sequence() == seen) co_await services.events.grown().wait();
  }
}

}  // namespace coppice::daemon
