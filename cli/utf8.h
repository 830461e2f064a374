// Whether bytes are text that JSON can carry.
#pragma once

#include <string_view>

namespace coppice::cli {

// Strict: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace coppice::cli
