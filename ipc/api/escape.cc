#include "ipc/api/escape.h"

#include <array>
#include <cstdint>

namespace coppice::api {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (auto& digit : digits) digit = kNoDigit;
  for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<unsigned char>(kAlphabet[i])] = i;
  return digits;
}
constexpr auto kDigits = make_digits();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_length(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[i]);
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
    *out++ = kAlphabet[group >> 18U];
    *out++ = kAlphabet[group >> 12U & 63U];
    *out++ = kAlphabet[group >> 6U & 63U];
    *out++ = kAlphabet[group & 63U];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return text;
  const std::uint32_t group = at(i) << 16U | (rest == 2 ? at(i + 1) << 8U : 0U);
  *out++ = kAlphabet[group >> 18U];
  *out++ = kAlphabet[group >> 12U & 63U];
  if (rest == 2) *out = kAlphabet[group >> 6U & 63U];
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes(text.size() / 4 * 3, '\0');
  char* out = bytes.data();
  const std::size_t digits = text.size() - padding;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(text[i])];
    if (digit == kNoDigit) return std::nullopt;
    group = group << 6U | digit;
    if (i % 4 != 3) continue;
    *out++ = static_cast<char>(group >> 16U);
    *out++ = static_cast<char>(group >> 8U);
    *out++ = static_cast<char>(group);
    group = 0;
  }
  if (padding == 1) {
    if (group & 3U) return std::nullopt;
    *out++ = static_cast<char>(group >> 10U);
    *out = static_cast<char>(group >> 2U);
  } else if (padding == 2) {
    if (group & 15U) return std::nullopt;
    *out = static_cast<char>(group >> 4U);
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string escape_bytes(std::string_view bytes) {
  if (is_utf8(bytes) && bytes.find("\\x") == std::string_view::npos) return std::string(bytes);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() + 16);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_length(bytes, at);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      text += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
      continue;
    }
    if (bytes[at] == '\\') text += '\\';
    text += bytes.substr(at, length);
    at += length;
  }
  return text;
}

std::string unescape_bytes(std::string_view text) {
  if (text.find("\\x") == std::string_view::npos) return std::string(text);
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("\\\\")) {
      bytes += '\\';
      ++at;
    } else if (rest.starts_with("\\x") && rest.size() >= 4 && hex_digit(rest[2]) >= 0 &&
               hex_digit(rest[3]) >= 0) {
      bytes += static_cast<char>(hex_digit(rest[2]) * 16 + hex_digit(rest[3]));
      at += 3;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

}  // namespace coppice::api
