#include "tests/crash/programs/lines.h"

#include <cstdio>

namespace coppice::crash {
namespace {

constexpr std::uint64_t kLongestFilling = 120;

std::uint64_t checksum(const std::string& text) {
  std::uint64_t sum = 14695981039346656037u;
  for (const char letter : text) sum = (sum ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  return sum;
}

}  // namespace

std::string Text::line(int number) const {
  std::uint64_t bits = mix(seed ^ mix(static_cast<std::uint64_t>(attempt) << 40 ^
                                      static_cast<std::uint64_t>(stream) << 32 ^ static_cast<std::uint64_t>(number)));
  char words[96];
  std::snprintf(words, sizeof words, "%llx a%d s%d n%07d ", static_cast<unsigned long long>(seed), attempt, stream,
                number);
  std::string text = words;
  for (std::uint64_t left = bits % kLongestFilling; left > 0; --left)
    text += static_cast<char>('a' + (bits = mix(bits)) % 26);
  std::snprintf(words, sizeof words, " %016llx\n", static_cast<unsigned long long>(checksum(text)));
  return text + words;
}

std::string Text::lines(int count) const {
  std::string text;
  for (int number = 0; number < count; ++number) text += line(number);
  return text;
}

std::string Text::beginning(std::uint64_t size) const {
  std::string text;
  for (int number = 0; text.size() < size; ++number) text += line(number);
  text.resize(size);
  return text;
}

}  // namespace coppice::crash
