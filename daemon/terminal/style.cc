#include "daemon/terminal/style.h"

#include <algorithm>

namespace coppice::daemon {
namespace {

constexpr int kForeground = 38;
constexpr int kBackground = 48;

std::uint8_t byte_of(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

// The numbers that belong to the 38 or 48 at `at`, which moves to the last of them: either joined to it, or, as
// most programs write it, as parameters of their own.
std::vector<int> colour_numbers(const std::vector<Parameter>& parameters, std::size_t& at) {
  std::vector<int> numbers;
  const auto has = [&](std::size_t index) { return index < parameters.size(); };
  if (has(at + 1) && parameters[at + 1].joined) {
    while (has(at + 1) && parameters[at + 1].joined) numbers.push_back(parameters[++at].value);
    // 38:2:SPACE:R:G:B names a colour space, which may be empty.
    if (numbers.size() >= 5 && numbers[0] == 2) numbers.erase(numbers.begin() + 1);
    return numbers;
  }
  if (!has(at + 1)) return numbers;
  const std::size_t count = parameters[at + 1].value == 2 ? 4 : 2;
  while (numbers.size() < count && has(at + 1)) numbers.push_back(parameters[++at].value);
  return numbers;
}

}  // namespace

TextColour TextColour::indexed(int index) {
  TextColour colour;
  colour.kind_ = Kind::indexed;
  colour.value_[0] = byte_of(index);
  return colour;
}

TextColour TextColour::rgb(int red, int green, int blue) {
  TextColour colour;
  colour.kind_ = Kind::rgb;
  colour.value_[0] = byte_of(red);
  colour.value_[1] = byte_of(green);
  colour.value_[2] = byte_of(blue);
  return colour;
}

std::string TextColour::parameters(int base) const {
  if (kind_ == Kind::own) return {};
  const int index = value_[0];
  // The first sixteen in the old way, which every terminal knows.
  if (kind_ == Kind::indexed && index < 8) return ";" + std::to_string(base - 8 + index);
  if (kind_ == Kind::indexed && index < 16) return ";" + std::to_string(base + 52 + index - 8);
  const std::string start = ";" + std::to_string(base);
  if (kind_ == Kind::indexed) return start + ";5;" + std::to_string(index);
  return start + ";2;" + std::to_string(value_[0]) + ";" + std::to_string(value_[1]) + ";" +
         std::to_string(value_[2]);
}

void TextStyle::apply(const std::vector<Parameter>& parameters) {
  if (parameters.empty()) *this = {};
  for (std::size_t at = 0; at < parameters.size(); ++at) {
    const int code = std::max(parameters[at].value, 0);
    if (code == kForeground || code == kBackground) {
      const auto numbers = colour_numbers(parameters, at);
      TextColour& colour = code == kForeground ? foreground : background;
      if (numbers.size() >= 2 && numbers[0] == 5) colour = TextColour::indexed(numbers[1]);
      if (numbers.size() >= 4 && numbers[0] == 2) colour = TextColour::rgb(numbers[1], numbers[2], numbers[3]);
      continue;
    }
    // 4:0 is no underline, 4:3 a wavy one; a joined number has no other meaning here.
    if (parameters[at].joined) continue;
    const bool off = code == 4 && at + 1 < parameters.size() && parameters[at + 1].joined &&
                     parameters[at + 1].value == 0;
    apply(off ? 24 : code);
  }
}

void TextStyle::apply(int code) {
  const auto clear = [this](int attribute) { attributes &= static_cast<std::uint16_t>(~(1u << attribute)); };
  if (code == 0) *this = {};
  if (code >= 1 && code <= 9) attributes |= static_cast<std::uint16_t>(1u << code);
  if (code == 21) attributes |= 1u << 4;
  if (code == 22) clear(1), clear(2);
  if (code >= 23 && code <= 29) clear(code - 20);
  if (code == 25) clear(6);
  if (code >= 30 && code <= 37) foreground = TextColour::indexed(code - 30);
  if (code == 39) foreground = {};
  if (code >= 40 && code <= 47) background = TextColour::indexed(code - 40);
  if (code == 49) background = {};
  if (code >= 90 && code <= 97) foreground = TextColour::indexed(code - 90 + 8);
  if (code >= 100 && code <= 107) background = TextColour::indexed(code - 100 + 8);
}

std::string TextStyle::sequence() const {
  std::string text = "\033[0";
  for (int attribute = 1; attribute <= 9; ++attribute)
    if ((attributes >> attribute & 1) != 0) text += ";" + std::to_string(attribute);
  return text + foreground.parameters(kForeground) + background.parameters(kBackground) + "m";
}

}  // namespace coppice::daemon
