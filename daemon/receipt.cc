#include "daemon/receipt.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace coppice::daemon {

namespace {

// The wall clock, which start times are told in, moves a little between two looks.
constexpr auto kSameStart = std::chrono::seconds(1);

// Where each process stands in a list, by its pid.
using Places = std::unordered_map<int, std::size_t>;

Places places_of(const std::vector<config::Process>& processes) {
  Places places;
  for (std::size_t i = 0; i < processes.size(); ++i) places[processes[i].pid] = i;
  return places;
}

// The same process in the list, or null.
template <typename List>
auto* find_same(List& list, const Places& places, const config::Process& process) {
  const auto place = places.find(process.pid);
  auto* known = place == places.end() ? nullptr : &list[place->second];
  const bool same = known && std::chrono::abs(known->started_at - process.started_at) < kSameStart;
  return same ? known : nullptr;
}

}  // namespace

void Receipt::add(std::vector<config::Process> processes, bool killed) {
  const Places known = places_of(found_);
  for (config::Process& process : processes) {
    process.killed = killed;
    config::Process* same = find_same(found_, known, process);
    if (!same) {
      found_.push_back(std::move(process));
    } else if (killed) {
      same->killed = true;
    }
  }
}

void Receipt::add_found(std::vector<config::Process> processes) { add(std::move(processes), false); }

void Receipt::add_killed(std::vector<config::Process> processes) { add(std::move(processes), true); }

std::vector<config::Process> Receipt::killed() const {
  std::vector<config::Process> killed;
  std::ranges::copy_if(found_, std::back_inserter(killed),
                       [](const config::Process& process) { return process.killed.value_or(false); });
  return killed;
}

void Receipt::set_stuck(std::vector<config::Process> stuck) {
  stuck_ = std::move(stuck);
  if (stuck_.empty()) return;
  const Places known = places_of(found_);
  for (config::Process& process : stuck_)
    if (const config::Process* same = find_same(found_, known, process))
      process.command_line = same->command_line;
}

}  // namespace coppice::daemon
