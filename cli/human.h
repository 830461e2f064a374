// Numbers as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace coppice::cli {

// "350 ms", "12.3 s", "2m 3s", "1h 2m", "3d 4h"
std::string human_duration(std::chrono::microseconds duration);

// "512 B", "3.4 MiB"
std::string human_bytes(std::int64_t bytes);

// Local time, with the date unless it is today: "12:03:04", "2024-05-31 12:03:04". Both in
// microseconds since the epoch.
std::string human_time(std::int64_t at, std::int64_t now);

// "1 process", "3 processes"
std::string counted(std::size_t count, std::string_view one, std::string_view many);

// A command line that a shell would read back: arguments are quoted where they must be.
std::string shell_line(std::span<const std::string> argv);

std::int64_t microseconds_now();

}  // namespace coppice::cli
