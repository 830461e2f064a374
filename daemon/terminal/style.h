// How a character looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/terminal/sequences.h"

namespace coppice::daemon {

// The terminal's own, one of its 256, or red, green and blue.
class TextColour {
 public:
  TextColour() = default;
  static TextColour indexed(int index);
  static TextColour rgb(int red, int green, int blue);
  bool operator==(const TextColour&) const = default;
  // The parameters of SGR that choose it, each with ';' before it; empty for the terminal's own. `base`: 38 for
  // the foreground, 48 for the background.
  std::string parameters(int base) const;

 private:
  enum class Kind : std::uint8_t { own, indexed, rgb };
  Kind kind_ = Kind::own;
  std::uint8_t value_[3] = {};
};

struct TextStyle {
  TextColour foreground;
  TextColour background;
  // Bit n for the attribute that SGR n sets (1 bold … 9 struck out).
  std::uint16_t attributes = 0;
  bool operator==(const TextStyle&) const = default;

  // Changes it as SGR does; what it does not know it passes over.
  void apply(const std::vector<Parameter>& parameters);
  // The whole style as one sequence.
  std::string sequence() const;

 private:
  void apply(int code);
};

}  // namespace coppice::daemon
