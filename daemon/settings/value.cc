#include "daemon/settings/value.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "config/quantity.h"
#include "ipc/varlink/address.h"

namespace coppice::daemon {
namespace {

constexpr std::string_view kUnlimitedWord = "unlimited";

[[noreturn]] void refuse(const Key& key) { throw std::invalid_argument(expected(key)); }

std::string number_text(const Key& key, std::int64_t number) {
  if (key.kind == Kind::duration) return config::duration_text(std::chrono::milliseconds(number));
  if (key.kind == Kind::size) return config::size_text(number);
  return std::to_string(number);
}

std::string range(const Key& key) {
  const bool bounded = key.most != std::numeric_limits<std::int64_t>::max();
  std::string words = bounded ? " from " + number_text(key, key.least) + " to " + number_text(key, key.most)
                              : " of at least " + number_text(key, key.least);
  return words + (key.unlimited ? ", or \"unlimited\"" : "");
}

Value checked(const Key& key, std::int64_t number) {
  if (number < key.least || number > key.most) refuse(key);
  return number;
}

std::int64_t whole(const Key& key, const std::string& text) {
  std::int64_t number = 0;
  const auto end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end) refuse(key);
  return number;
}

bool has_unit(const std::string& text) { return text.find_first_not_of("0123456789.") != std::string::npos; }

std::int64_t duration(const Key& key, const std::string& text) {
  try {
    return config::read_duration(text, std::chrono::milliseconds(key.bare)).count();
  } catch (const std::invalid_argument&) {
    refuse(key);
  }
}

std::int64_t size(const Key& key, const std::string& text) {
  try {
    return config::read_size(text);
  } catch (const std::invalid_argument&) {
    refuse(key);
  }
}

// Texts of every kind but addresses, on the command line or in a file.
Value read(const Key& key, const std::string& text) {
  if (key.unlimited && text == kUnlimitedWord) return Quotas::kUnlimited;
  switch (key.kind) {
    case Kind::text:
    case Kind::path: return text;
    case Kind::choice:
      if (std::find(key.choices.begin(), key.choices.end(), text) == key.choices.end()) refuse(key);
      return text;
    case Kind::count: return checked(key, whole(key, text));
    case Kind::size: return checked(key, size(key, text));
    case Kind::duration: return checked(key, duration(key, text));
    case Kind::addresses: break;
  }
  return std::vector<std::string>{text};
}

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "\"" : " or \"") + std::string(word) + "\"";
  return text;
}

}  // namespace

std::string expected(const Key& key) {
  switch (key.kind) {
    case Kind::text: return "expected a text";
    case Kind::path: return "expected an absolute path";
    case Kind::addresses: return "expected a list of addresses, such as [\"/run/coppice/socket;mode=0666\"]";
    case Kind::choice: return "expected " + listed(key.choices);
    case Kind::count: return "expected a whole number" + range(key);
    case Kind::size: return "expected a size such as \"512M\"," + range(key);
    case Kind::duration: return "expected a duration such as \"30s\" or \"1m30s\"," + range(key);
  }
  return "";
}

Value read_word(const Key& key, const std::string& word) { return read(key, word); }

Value read_words(const Key& key, const std::vector<std::string>& words) {
  if (key.kind == Kind::addresses) return words;
  return read_word(key, words.back());
}

Value read_number(const Key& key, std::int64_t number) {
  if (key.kind != Kind::count && key.kind != Kind::size) refuse(key);
  return checked(key, number);
}

Value read_text(const Key& key, const std::string& text) {
  const bool unlimited = key.unlimited && text == kUnlimitedWord;
  if (text.find('\0') != std::string::npos) refuse(key);
  if (key.kind == Kind::count && !unlimited) refuse(key);
  if (key.kind == Kind::duration && !has_unit(text)) refuse(key);
  if (key.kind == Kind::path && !text.starts_with('/')) refuse(key);
  if (key.kind == Kind::addresses) return read_list(key, {text});
  return read(key, text);
}

Value read_list(const Key& key, const std::vector<std::string>& list) {
  if (key.kind != Kind::addresses || list.empty()) refuse(key);
  for (const std::string& address : list) static_cast<void>(varlink::parse_address(address));
  return list;
}

std::string quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_text(const Key& key, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (key.unlimited && *number == Quotas::kUnlimited) return quoted(kUnlimitedWord);
    const std::string words = number_text(key, *number);
    return key.kind == Kind::count ? words : quoted(words);
  }
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (!list) return "";
  std::string text;
  for (const std::string& element : *list) text += (text.empty() ? "" : ", ") + quoted(element);
  return "[" + text + "]";
}

}  // namespace coppice::daemon
