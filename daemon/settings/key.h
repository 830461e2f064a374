// The one table of keys: what coppiced.toml may say, what the command line may, what --print-config, --check-config
// and the manual page know of it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/settings/settings.h"

namespace coppice::daemon {

// Numbers, sizes in bytes and durations in milliseconds are the integer; nothing: not set.
using Value = std::variant<std::monostate, std::int64_t, std::string, std::vector<std::string>>;

enum class Kind { text, path, addresses, choice, count, size, duration };

struct Key {
  // "history.max-age": the table, and the key in it.
  std::string_view name;
  Kind kind = Kind::text;
  // A sentence or more, for the manual and for --help.
  std::string_view description;
  Value (*get)(const Settings&) = nullptr;
  void (*set)(Settings&, const Value&) = nullptr;
  // Both are allowed.
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {};
  // A reload changes it; else the daemon must be started again.
  bool reloadable = false;
  // "unlimited" is a value.
  bool unlimited = false;
  // Of the command line; empty for none.
  std::string_view option = {};
  // Milliseconds in a duration without a unit, on the command line.
  std::int64_t bare = 1;
  // The default in words, where it depends on who starts the daemon.
  std::string_view fallback = {};
};

// In the order of the manual.
std::span<const Key> keys();

// Null if there is none.
const Key* find_key(std::string_view name);

// The tables that keys are in, and "quotas.user" with its users; "" for the top.
bool is_table(std::string_view name);
inline constexpr std::string_view kUserQuotas = "quotas.user";
inline constexpr std::string_view kQuotas = "quotas";

}  // namespace coppice::daemon
