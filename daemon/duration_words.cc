#include "daemon/duration_words.h"

namespace coppice::daemon {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;

std::string seconds(std::int64_t milliseconds) {
  std::string text = std::to_string(milliseconds / kSecond);
  if (milliseconds % kSecond == 0) return text;
  const std::string rest = std::to_string(kSecond + milliseconds % kSecond);
  text += "." + rest.substr(1);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

}  // namespace

std::string duration_words(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count < kSecond) return std::to_string(count) + " ms";
  if (count % kHour == 0) return std::to_string(count / kHour) + " h";
  if (count % kMinute == 0) return std::to_string(count / kMinute) + " min";
  return seconds(count) + " s";
}

}  // namespace coppice::daemon
