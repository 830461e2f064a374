// Base64, as the API has bytes in its JSON.
#pragma once

#include <string>
#include <string_view>

namespace coppice::bench {

// Up to the padding; anything that is no digit ends it.
std::string decoded(std::string_view text);

}  // namespace coppice::bench
