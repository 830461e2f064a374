#include "bench/chimes.h"

#include <charconv>
#include <ctime>
#include <stdexcept>
#include <string>

namespace coppice::bench {

Micros since_chime(std::string_view line) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  long long then = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), then);
  if (read.ec != std::errc() || line.size() != kChime)
    throw std::runtime_error("no time but \"" + std::string(line) + "\"");
  return Micros(static_cast<double>(now.tv_sec * 1000000000LL + now.tv_nsec - then) / 1000);
}

}  // namespace coppice::bench
