// A table of aligned columns.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace coppice::cli {

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// The last column takes what the terminal's width leaves, and is shortened to it; where the width is
// unlimited nothing is.
class Table {
 public:
  explicit Table(std::vector<std::string> titles);

  // As many cells as there are titles.
  void add(std::vector<Cell> row);

  bool empty() const { return rows_.empty(); }

  // Every line ends with a newline; none ends with blanks.
  std::string text(const Terminal& terminal) const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace coppice::cli
