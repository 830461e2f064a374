// A duration as a setting is written.
#pragma once

#include <chrono>
#include <string>

namespace coppice::daemon {

// Exact, in the largest unit that keeps it short: "250 ms", "1.5 s", "90 s", "2 min", "36 h".
std::string duration_words(std::chrono::milliseconds duration);

}  // namespace coppice::daemon
