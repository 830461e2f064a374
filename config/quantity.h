// Durations and sizes as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace coppice::config {

// "10", "1.5s", "250ms", "1m30s", "2h", "7d"; a number without a unit is so many of `bare`. Not negative. Throws
// std::invalid_argument that says what would do: "give a duration such as 10s, …".
std::chrono::milliseconds read_duration(std::string_view text, std::chrono::milliseconds bare);

// "4096", "512M", "1.5G", "2GiB": bytes, with units of powers of 1024. Not negative. Throws likewise.
std::int64_t read_size(std::string_view text);

// Back again, exact: "250ms", "90s", "36h", "30d"; "4096", "512M", "8G".
std::string duration_text(std::chrono::milliseconds duration);
std::string size_text(std::int64_t bytes);

}  // namespace coppice::config
