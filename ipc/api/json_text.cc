#include "ipc/api/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace coppice::api {
namespace {

bool stands_for_itself(char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; }

template <typename Integer>
void append_integer(Integer value, std::string& text) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text.append(digits.data(), end.ptr);
}

}  // namespace

// A comma belongs behind whatever ends a value, and what begins one ends none.
void JsonText::separate() {
  constexpr std::string_view kBeginnings = "{[:";
  if (!text_.empty() && kBeginnings.find(text_.back()) == kBeginnings.npos) text_.push_back(',');
}

void JsonText::open(char bracket) {
  separate();
  text_.push_back(bracket);
}

void JsonText::key(std::string_view name) {
  separate();
  quote(name);
  text_.push_back(':');
}

void JsonText::boolean(bool value) { json(value ? "true" : "false"); }

void JsonText::integer(std::int64_t value) {
  separate();
  append_integer(value, text_);
}

void JsonText::integer(std::uint64_t value) {
  separate();
  append_integer(value, text_);
}

// Rare, and not to be written in two ways.
void JsonText::real(double value) { json(nlohmann::json(value).dump()); }

void JsonText::text(std::string_view value) {
  separate();
  quote(value);
}

void JsonText::json(std::string_view value) {
  separate();
  text_.append(value);
}

void JsonText::quote(std::string_view value) {
  if (!std::ranges::all_of(value, stands_for_itself)) {
    text_.append(nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  text_.push_back('"');
  text_.append(value);
  text_.push_back('"');
}

}  // namespace coppice::api
