// The cells of one screen.
//
// Rows and columns count from 0. Every position and count is brought within bounds here: whoever calls passes
// on what a program wrote.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "daemon/terminal/style.h"

namespace coppice::daemon {

struct Cell {
  // 0: nothing was written there. The right half of a wide character has no character of its own.
  char32_t character = 0;
  // Marks that stand on it; more than these are left out.
  std::array<char32_t, 2> marks = {};
  TextStyle style;
  bool wide = false;
  bool right_half = false;
};

class Grid {
 public:
  Grid(int rows, int columns);

  int rows() const { return static_cast<int>(rows_.size()); }
  int columns() const { return columns_; }
  const Cell& at(int row, int column) const { return rows_[index(row)][position(column)]; }

  // Writes a character that is one or two columns wide; a wide one needs a column to its right.
  void put(int row, int column, char32_t character, bool wide, const TextStyle& style);
  // Adds a mark to the character in that cell.
  void add_mark(int row, int column, char32_t mark);

  // Empties columns [from, to) of a row; the background stays that of `style`.
  void erase(int row, int from, int to, const TextStyle& style);
  // Moves what is right of `column` by `count`, to the right (insert) or to the left (remove).
  void insert(int row, int column, int count, const TextStyle& style);
  void remove(int row, int column, int count, const TextStyle& style);
  // Moves rows [top, bottom) up by `count`, or down if it is negative; what comes in is empty.
  void scroll(int top, int bottom, int count, const TextStyle& style);

  // Keeps `cursor_row` on it by giving up rows at the top, then at the bottom. How many went at the top.
  int resize(int rows, int columns, int cursor_row);

 private:
  using Row = std::vector<Cell>;
  std::size_t index(int row) const;
  std::size_t position(int column) const;
  static Cell blank(const TextStyle& style);
  void split(int row, int column);

  int columns_;
  std::vector<Row> rows_;
};

}  // namespace coppice::daemon
