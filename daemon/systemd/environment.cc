#include "daemon/systemd/environment.h"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace coppice::daemon {
namespace {

std::optional<std::int64_t> number(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

std::string notify_socket() {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  return path ? path : "";
}

std::chrono::milliseconds asked_patience() {
  const auto microseconds = number("WATCHDOG_USEC");
  if (!microseconds) return {};
  const bool for_all = std::getenv("WATCHDOG_PID") == nullptr;
  if (!for_all && number("WATCHDOG_PID") != ::getpid()) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(*microseconds)) / 2;
}

std::chrono::milliseconds keeper_patience() {
  return std::chrono::milliseconds(number("COPPICE_KEEPER_WATCHDOG").value_or(0));
}

}  // namespace coppice::daemon
