// Values of keys as text, and back.
#pragma once

#include <string>
#include <string_view>

#include "daemon/settings/key.h"

namespace coppice::daemon {

// What a word of the command line says. Throws std::invalid_argument with what the key takes.
Value read_word(const Key& key, const std::string& word);
// The same for several words, for a key of kind addresses.
Value read_words(const Key& key, const std::vector<std::string>& words);

// What a file says: a duration needs a unit there, and a path must be absolute.
Value read_number(const Key& key, std::int64_t number);
Value read_text(const Key& key, const std::string& text);
Value read_list(const Key& key, const std::vector<std::string>& list);

// "expected a duration from 1ms to 1d, such as \"30s\""
std::string expected(const Key& key);

// As TOML: "\"30s\"", "10", "[\"/run/a\"]", "\"unlimited\""; empty for what is not set.
std::string toml_text(const Key& key, const Value& value);

// A basic string of TOML.
std::string quoted(std::string_view text);

}  // namespace coppice::daemon
