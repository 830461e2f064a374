// Points in time, as words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coppice::cli {

// "2026-11-26T12:16:06.123Z", of microseconds since the epoch: UTC, so that lines of several machines and of both
// sides of a change to summer time sort.
std::string iso_time(std::int64_t at);

// Microseconds since the epoch of "2026-11-26", "2026-11-26T12:16", "2026-11-26 12:16:06.5+01:00" (local time where it
// says no other), or of a duration before now: "10m". Throws UsageError that names the option and the remedy.
std::int64_t parse_moment(std::string_view option, const std::string& text);

}  // namespace coppice::cli
