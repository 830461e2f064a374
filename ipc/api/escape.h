// Bytes in JSON strings: base64 for data, escapes for command lines and paths.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coppice::api {

// RFC 4648, section 4, with padding.
std::string base64_encode(std::string_view bytes);

// Strict: nothing if there is any other character (white space included), missing or misplaced
// padding, or bits behind the last byte.
std::optional<std::string> base64_decode(std::string_view text);

// How many bytes at `at` make one character of UTF-8 (RFC 3629: no overlong form, no surrogate, nothing
// above U+10FFFF); 0 if none do. `at` is within the text.
std::size_t character_length(std::string_view text, std::size_t at);
bool is_utf8(std::string_view bytes);

// Any bytes as text that is valid UTF-8, without loss. UTF-8 without "\x" in it is left as it is. In
// anything else each backslash is doubled and each byte that is no part of UTF-8 becomes \xHH (lower
// case). So: a text with "\x" in it is escaped, every other means itself.
std::string escape_bytes(std::string_view bytes);

// The way back. An escape that escape_bytes does not write stands for itself.
std::string unescape_bytes(std::string_view text);

}  // namespace coppice::api
