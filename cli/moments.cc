#include "cli/moments.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>

#include "cli/values.h"

namespace coppice::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes what it reads off the front.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }
  // Exactly so many digits, as a number from `least` to `most`.
  std::optional<int> number(std::size_t digits, int least, int most) {
    if (rest_.size() < digits) return {};
    int value = 0;
    for (std::size_t at = 0; at < digits; ++at) {
      if (!is_digit(rest_[at])) return {};
      value = value * 10 + (rest_[at] - '0');
    }
    rest_.remove_prefix(digits);
    return value < least || value > most ? std::nullopt : std::optional(value);
  }
  bool sign(std::string_view any, char* which = nullptr) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
    if (which) *which = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  // Of a second, behind its point; what is finer than a microsecond is dropped.
  std::int64_t fraction() {
    std::int64_t value = 0, unit = kSecond;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      unit /= 10;
      value += (rest_.front() - '0') * unit;
    }
    return value;
  }

 private:
  std::string_view rest_;
};

// Seconds east of UTC; nothing for local time. `fault` if it is neither.
std::optional<int> read_zone(Reader& reader, bool& fault) {
  char sign = 0;
  if (reader.done()) return {};
  if (reader.sign("Z")) return 0;
  if (reader.sign("+-", &sign)) {
    const auto hours = reader.number(2, 0, 14);
    reader.sign(":");
    const auto minutes = reader.number(2, 0, 59);
    if (hours && minutes) return (sign == '-' ? -60 : 60) * (*hours * 60 + *minutes);
  }
  fault = true;
  return {};
}

// The date, and a time of day if one follows; false if that is none.
bool read_day(Reader& reader, std::tm& time) {
  const int year = reader.number(4, 1970, 9999).value_or(-1);
  const int month = reader.sign("-") ? reader.number(2, 1, 12).value_or(-1) : -1;
  time.tm_mday = reader.sign("-") ? reader.number(2, 1, 31).value_or(-1) : -1;
  time.tm_year = year - 1900;
  time.tm_mon = month - 1;
  if (year < 0 || month < 0 || time.tm_mday < 0) return false;
  if (!reader.sign("T ")) return true;
  time.tm_hour = reader.number(2, 0, 23).value_or(-1);
  time.tm_min = reader.sign(":") ? reader.number(2, 0, 59).value_or(-1) : -1;
  time.tm_sec = reader.sign(":") ? reader.number(2, 0, 60).value_or(-1) : 0;
  return time.tm_hour >= 0 && time.tm_min >= 0 && time.tm_sec >= 0;
}

std::optional<std::int64_t> read_time(const std::string& text) {
  Reader reader(text);
  std::tm time{};
  time.tm_isdst = -1;
  if (!read_day(reader, time)) return {};
  const std::int64_t fraction = reader.sign(".") ? reader.fraction() : 0;
  bool fault = false;
  const std::optional<int> zone = read_zone(reader, fault);
  if (fault || !reader.done()) return {};
  const int day = time.tm_mday;
  const std::time_t seconds = zone ? ::timegm(&time) - *zone : ::mktime(&time);
  // The 31st of a shorter month would be the next one's first.
  if (time.tm_mday != day) return {};
  return seconds * kSecond + fraction;
}

}  // namespace

std::string iso_time(std::int64_t at) {
  // Rounded down, before the epoch too.
  const std::int64_t milliseconds = at / 1000 - (at % 1000 < 0 ? 1 : 0);
  const std::int64_t fraction = (milliseconds % 1000 + 1000) % 1000;
  const std::time_t seconds = (milliseconds - fraction) / 1000;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  char day[32], text[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &time);
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(fraction));
  return text;
}

std::int64_t parse_moment(std::string_view option, const std::string& text) {
  if (const auto time = read_time(text)) return *time;
  try {
    const auto then = std::chrono::system_clock::now() - parse_duration(option, text);
    return std::chrono::floor<std::chrono::microseconds>(then.time_since_epoch()).count();
  } catch (const UsageError&) {
    throw UsageError(std::string(option) + " \"" + text +
                     "\" is not understood: give a time such as 2026-11-26T12:16:06 or 2026-11-26, or how long ago: "
                     "10m, 2h");
  }
}

}  // namespace coppice::cli
