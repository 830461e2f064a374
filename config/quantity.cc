#include "config/quantity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

namespace coppice::config {
namespace {

constexpr std::string_view kDigits = "0123456789.";
// A century: what is longer is a slip, and what is much longer does not fit.
constexpr double kLongest = 100.0 * 366 * 86'400'000;

std::optional<double> milliseconds_in(std::string_view unit, std::chrono::milliseconds bare) {
  if (unit.empty()) return bare.count();
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

std::optional<double> take_number(std::string_view& rest) {
  const std::size_t length = std::min(rest.find_first_not_of(kDigits), rest.size());
  double number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + length, number, std::chars_format::fixed);
  if (error != std::errc() || end != rest.data() + length) return std::nullopt;
  rest.remove_prefix(length);
  return number;
}

// Takes one "90s" off the front of `rest`.
std::optional<double> take_part(std::string_view& rest, std::chrono::milliseconds bare) {
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  const std::size_t length = std::min(rest.find_first_of(kDigits), rest.size());
  const auto unit = milliseconds_in(rest.substr(0, length), bare);
  rest.remove_prefix(length);
  return unit ? std::optional(*number * *unit) : std::nullopt;
}

}  // namespace

std::chrono::milliseconds read_duration(std::string_view text, std::chrono::milliseconds bare) {
  double sum = 0;
  std::string_view rest = text;
  do {
    const auto part = take_part(rest, bare);
    if (!part) throw std::invalid_argument("give a duration such as 10s, 250ms, 1m30s or 2h");
    sum += *part;
  } while (!rest.empty());
  if (sum > kLongest) throw std::invalid_argument("give a duration of less than a century");
  return std::chrono::milliseconds(std::llround(sum));
}

std::int64_t read_size(std::string_view text) {
  constexpr char kRemedy[] = "give a size such as 512M, 2G or 4096, in bytes or with K, M, G or T (powers of 1024)";
  constexpr std::string_view kUnits = "KMGT";
  std::string_view unit = text;
  const auto number = take_number(unit);
  const std::size_t letter = unit.empty() ? 0 : kUnits.find(unit.front());
  if (!number || letter == std::string_view::npos || (unit.size() > 1 && unit.substr(1) != "iB"))
    throw std::invalid_argument(kRemedy);
  const std::size_t power = unit.empty() ? 0 : letter + 1;
  // Exact for any whole number of bytes that a machine has.
  const double bytes = std::ldexp(*number, 10 * static_cast<int>(power));
  if (bytes >= std::ldexp(1.0, 62)) throw std::invalid_argument("give a size that fits a machine");
  return std::llround(bytes);
}

std::string duration_text(std::chrono::milliseconds duration) {
  constexpr std::pair<std::int64_t, std::string_view> kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}};
  const std::int64_t count = duration.count();
  for (const auto& [size, unit] : kUnits)
    if (count > 0 && count % size == 0) return std::to_string(count / size) + std::string(unit);
  return std::to_string(count) + "ms";
}

std::string size_text(std::int64_t bytes) {
  constexpr std::string_view kUnits = "TGMK";
  int power = 4;
  for (const char unit : kUnits) {
    const std::int64_t size = std::int64_t{1} << (10 * power--);
    if (bytes > 0 && bytes % size == 0) return std::to_string(bytes / size) + unit;
  }
  return std::to_string(bytes);
}

}  // namespace coppice::config
