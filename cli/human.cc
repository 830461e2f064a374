#include "cli/human.h"

#include <cstdio>
#include <ctime>

namespace coppice::cli {
namespace {

constexpr char kPlain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

std::string with_unit(double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, value < 99.95 ? "%.1f %s" : "%.0f %s", value, unit);
  return text;
}

std::string two_units(long long large, const char* large_unit, long long small, const char* small_unit) {
  std::string text = std::to_string(large) + large_unit;
  if (small > 0) text += " " + std::to_string(small) + small_unit;
  return text;
}

std::tm local(std::int64_t at) {
  const std::time_t seconds = at / 1'000'000;
  std::tm result{};
  ::localtime_r(&seconds, &result);
  return result;
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string human_duration(std::chrono::microseconds duration) {
  const long long micro = duration.count() < 0 ? 0 : duration.count();
  if (micro < 1'000) return std::to_string(micro) + " us";
  if (micro < 1'000'000) return std::to_string(micro / 1'000) + " ms";
  // 59.95 s and more would be shown as 60.0 s.
  if (micro < 59'950'000) return with_unit(static_cast<double>(micro) / 1e6, "s");
  const long long seconds = (micro + 500'000) / 1'000'000;
  if (seconds < 3'600) return two_units(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86'400) return two_units(seconds / 3'600, "h", seconds % 3'600 / 60, "m");
  return two_units(seconds / 86'400, "d", seconds % 86'400 / 3'600, "h");
}

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return with_unit(value, kUnits[unit]);
}

std::string human_time(std::int64_t at, std::int64_t now) {
  const std::tm then = local(at);
  const std::tm today = local(now);
  const bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  char text[64];
  std::strftime(text, sizeof text, same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
  return text;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string shell_line(std::span<const std::string> argv) {
  std::string line;
  for (const std::string& argument : argv) {
    if (!line.empty()) line += ' ';
    line += shell_word(argument);
  }
  return line;
}

std::int64_t microseconds_now() {
  using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::system_clock;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace coppice::cli
