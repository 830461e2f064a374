// The interface's spelling of every enum, signal and resource limit.
//
// One table for each enum, in the order of its enumerators; names.cc asserts that none is missing and
// a test compares each with the interface file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/job.h"
#include "config/job_spec.h"

namespace coppice::config {

// The table of an enum; index it by the enumerator's value.
template <typename Enum>
std::span<const std::string_view> names();

template <>
std::span<const std::string_view> names<State>();
template <>
std::span<const std::string_view> names<Outcome>();
template <>
std::span<const std::string_view> names<Containment>();
template <>
std::span<const std::string_view> names<EventKind>();
template <>
std::span<const std::string_view> names<Stream::Kind>();
template <>
std::span<const std::string_view> names<Whom>();
template <>
std::span<const std::string_view> names<Leftovers>();
template <>
std::span<const std::string_view> names<LogDrop>();
template <>
std::span<const std::string_view> names<Lifetime::Bound>();
template <>
std::span<const std::string_view> names<Restart::Policy>();
template <>
std::span<const std::string_view> names<WatchedLimit>();
template <>
std::span<const std::string_view> names<Stage::Kind>();
template <>
std::span<const std::string_view> names<Fact::State>();

template <typename Enum>
std::string_view name_of(Enum value) {
  return names<Enum>()[static_cast<std::size_t>(value)];
}

template <typename Enum>
std::optional<Enum> parse(std::string_view text) {
  const auto table = names<Enum>();
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

// "SIGTERM", "TERM", "15", "SIGRTMIN+3", in any case; nothing for what is no signal, 0 included.
std::optional<int> signal_number(std::string_view text);

// "SIGTERM", "SIGRTMIN+3"; "signal 99" for a number that is none.
std::string signal_name(int number);

// "nofile", "RLIMIT_NOFILE", in any case → the resource of setrlimit(2).
std::optional<int> rlimit_resource(std::string_view text);

// "RLIMIT_NOFILE"; "resource 99" for a number that is none.
std::string rlimit_name(int resource);

}  // namespace coppice::config
