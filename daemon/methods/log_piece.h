// How bytes of output travel in replies.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace coppice::daemon {

// Bytes in one reply: large enough that the wire costs little, small enough that a slow reader pins little.
inline constexpr std::uint64_t kPiece = 256 * 1024;
inline constexpr std::uint64_t kNoMax = std::numeric_limits<std::uint64_t>::max();

// Output is bytes and JSON has none: base64.
std::string encode_bytes(std::string_view bytes);

// A parameter that bounds bytes, at least 1; `otherwise` if it is left out.
std::uint64_t read_max(const nlohmann::json& parameters, const char* name, std::uint64_t otherwise);

}  // namespace coppice::daemon
