// What may be written to standard output or standard error: colours, characters, width.
#pragma once

#include <string>
#include <string_view>

namespace coppice::cli {

enum class Colour { none, red, green, yellow, blue, cyan, grey, bold };

struct Terminal {
  bool is_terminal = false;
  // Only on a terminal, and not with NO_COLOR (any value but the empty one) or TERM=dumb.
  bool colours = false;
  // The locale can show line drawings and an ellipsis.
  bool utf8 = false;
  // Columns; 0 is unlimited.
  int width = 0;

  // `text` in that colour, or as it is where there are no colours.
  std::string paint(Colour colour, std::string_view text) const;
};

// Looks at a descriptor, the environment and the locale (setlocale must have been called).
Terminal terminal_of(int descriptor);

// `text` with every control character and every byte that is not UTF-8 as \xHH, so that what a job called itself cannot
// steer a terminal.
std::string printable(std::string_view text);

// Columns that a text takes: its code points, colours not counted.
std::size_t columns_of(std::string_view text);

// At most `columns` code points of `text`; an ellipsis tells that some are missing.
std::string shortened(std::string_view text, std::size_t columns, bool utf8);

}  // namespace coppice::cli
