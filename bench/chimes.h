// What the program of chime.cc writes.
#pragma once

#include <string_view>

#include "bench/series.h"

namespace coppice::bench {

inline constexpr std::size_t kChime = 20;

// From the moment that the line tells of until now.
Micros since_chime(std::string_view line);

}  // namespace coppice::bench
