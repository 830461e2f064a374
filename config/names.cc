#include "config/names.h"

#include <array>

namespace coppice::config {
namespace {

// Adding an enumerator without its name does not compile, and neither does the reverse: `last` is
// named here so that a new one behind it has to be looked at.
template <std::size_t Size, typename Enum>
constexpr bool complete(const std::array<std::string_view, Size>& table, Enum last) {
  if (Size != static_cast<std::size_t>(last) + 1) return false;
  for (std::string_view name : table)
    if (name.empty()) return false;
  return true;
}

constexpr std::array<std::string_view, 7> kStates = {"queued",   "starting", "running", "frozen",
                                                     "stopping", "killing",  "ended"};
static_assert(complete(kStates, State::ended));

constexpr std::array<std::string_view, 10> kOutcomes = {
    "succeeded", "failed", "signaled",      "timed_out",    "out_of_memory",
    "stopped",   "killed", "lease_expired", "start_failed", "lost"};
static_assert(complete(kOutcomes, Outcome::lost));

constexpr std::array<std::string_view, 6> kContainments = {
    "cgroup", "pid_namespace", "subreaper", "job_object", "reaper", "process_group"};
static_assert(complete(kContainments, Containment::process_group));

constexpr std::array<std::string_view, 10> kEvents = {"queued", "started",  "ready",   "frozen",
                                                      "thawed", "stopping", "killing", "ended",
                                                      "restarting", "overrun"};
static_assert(complete(kEvents, EventKind::overrun));

constexpr std::array<std::string_view, 8> kStreams = {"null", "log", "fd",      "file",
                                                      "pipe", "pty", "journal", "data"};
static_assert(complete(kStreams, Stream::Kind::data));

constexpr std::array<std::string_view, 2> kWhom = {"main", "all"};
static_assert(complete(kWhom, Whom::all));

constexpr std::array<std::string_view, 2> kLeftovers = {"kill", "wait"};
static_assert(complete(kLeftovers, Leftovers::wait));

constexpr std::array<std::string_view, 2> kLogDrop = {"oldest", "newest"};
static_assert(complete(kLogDrop, LogDrop::newest));

constexpr std::array<std::string_view, 4> kBounds = {"detached", "connection", "process", "lease"};
static_assert(complete(kBounds, Lifetime::Bound::lease));

constexpr std::array<std::string_view, 3> kWatchedLimits = {"wall_time", "silence", "cpu_time"};
static_assert(complete(kWatchedLimits, WatchedLimit::cpu_time));

constexpr std::array<std::string_view, 4> kStages = {"stopping", "killing", "empty", "drained"};
static_assert(complete(kStages, Stage::Kind::drained));

constexpr std::array<std::string_view, 2> kFactStates = {"working", "missing"};
static_assert(complete(kFactStates, Fact::State::missing));

constexpr std::array<std::string_view, 3> kPolicies = {"never", "on_failure", "always"};
static_assert(complete(kPolicies, Restart::Policy::always));

}  // namespace

template <>
std::span<const std::string_view> names<State>() {
  return kStates;
}
template <>
std::span<const std::string_view> names<Outcome>() {
  return kOutcomes;
}
template <>
std::span<const std::string_view> names<Containment>() {
  return kContainments;
}
template <>
std::span<const std::string_view> names<EventKind>() {
  return kEvents;
}
template <>
std::span<const std::string_view> names<Stream::Kind>() {
  return kStreams;
}
template <>
std::span<const std::string_view> names<Whom>() {
  return kWhom;
}
template <>
std::span<const std::string_view> names<Leftovers>() {
  return kLeftovers;
}

template <>
std::span<const std::string_view> names<LogDrop>() {
  return kLogDrop;
}
template <>
std::span<const std::string_view> names<Lifetime::Bound>() {
  return kBounds;
}
template <>
std::span<const std::string_view> names<WatchedLimit>() {
  return kWatchedLimits;
}
template <>
std::span<const std::string_view> names<Stage::Kind>() {
  return kStages;
}
template <>
std::span<const std::string_view> names<Fact::State>() {
  return kFactStates;
}
template <>
std::span<const std::string_view> names<Restart::Policy>() {
  return kPolicies;
}

}  // namespace coppice::config
