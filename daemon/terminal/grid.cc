#include "daemon/terminal/grid.h"

#include <algorithm>

namespace coppice::daemon {

Grid::Grid(int rows, int columns)
    : columns_(columns), rows_(static_cast<std::size_t>(rows), Row(static_cast<std::size_t>(columns))) {}

std::size_t Grid::index(int row) const { return static_cast<std::size_t>(std::clamp(row, 0, rows() - 1)); }

std::size_t Grid::position(int column) const {
  return static_cast<std::size_t>(std::clamp(column, 0, columns_ - 1));
}

Cell Grid::blank(const TextStyle& style) {
  Cell cell;
  cell.style.background = style.background;
  return cell;
}

// Makes `column` a place where a character may begin: a wide one that lies across it goes.
void Grid::split(int row, int column) {
  if (column <= 0 || column >= columns_) return;
  Row& cells = rows_[index(row)];
  const std::size_t at = position(column);
  if (!cells[at].right_half) return;
  cells[at] = blank(cells[at].style);
  cells[at - 1] = blank(cells[at - 1].style);
}

void Grid::put(int row, int column, char32_t character, bool wide, const TextStyle& style) {
  split(row, column);
  split(row, column + (wide ? 2 : 1));
  Row& cells = rows_[index(row)];
  const std::size_t at = position(column);
  const bool fits = wide && at + 1 < cells.size();
  Cell cell;
  cell.character = character;
  cell.style = style;
  cell.wide = fits;
  cells[at] = cell;
  if (!fits) return;
  cell.character = 0;
  cell.wide = false;
  cell.right_half = true;
  cells[at + 1] = cell;
}

void Grid::add_mark(int row, int column, char32_t mark) {
  Row& cells = rows_[index(row)];
  std::size_t at = position(column);
  if (cells[at].right_half && at > 0) --at;
  if (cells[at].character == 0) return;
  const auto free = std::find(cells[at].marks.begin(), cells[at].marks.end(), char32_t{0});
  if (free != cells[at].marks.end()) *free = mark;
}

void Grid::erase(int row, int from, int to, const TextStyle& style) {
  from = std::clamp(from, 0, columns_);
  to = std::clamp(to, from, columns_);
  split(row, from);
  split(row, to);
  Row& cells = rows_[index(row)];
  std::fill(cells.begin() + from, cells.begin() + to, blank(style));
}

void Grid::insert(int row, int column, int count, const TextStyle& style) {
  column = std::clamp(column, 0, columns_ - 1);
  count = std::clamp(count, 0, columns_ - column);
  split(row, column);
  split(row, columns_ - count);
  Row& cells = rows_[index(row)];
  std::move_backward(cells.begin() + column, cells.end() - count, cells.end());
  std::fill(cells.begin() + column, cells.begin() + column + count, blank(style));
}

void Grid::remove(int row, int column, int count, const TextStyle& style) {
  column = std::clamp(column, 0, columns_ - 1);
  count = std::clamp(count, 0, columns_ - column);
  split(row, column);
  split(row, column + count);
  Row& cells = rows_[index(row)];
  std::move(cells.begin() + column + count, cells.end(), cells.begin() + column);
  std::fill(cells.end() - count, cells.end(), blank(style));
}

void Grid::scroll(int top, int bottom, int count, const TextStyle& style) {
  top = std::clamp(top, 0, rows());
  bottom = std::clamp(bottom, top, rows());
  count = std::clamp(count, top - bottom, bottom - top);
  const auto first = rows_.begin() + top;
  const auto last = rows_.begin() + bottom;
  const auto empty = [&](Row& row) { std::fill(row.begin(), row.end(), blank(style)); };
  if (count >= 0) {
    std::rotate(first, first + count, last);
    std::for_each(last - count, last, empty);
  } else {
    std::rotate(first, last + count, last);
    std::for_each(first, first - count, empty);
  }
}

int Grid::resize(int rows, int columns, int cursor_row) {
  for (int row = 0; row < this->rows(); ++row) split(row, columns);
  columns_ = columns;
  for (Row& row : rows_) row.resize(static_cast<std::size_t>(columns));
  const int above = std::max(0, std::min(cursor_row, this->rows() - 1) - rows + 1);
  rows_.erase(rows_.begin(), rows_.begin() + above);
  rows_.resize(static_cast<std::size_t>(rows), Row(static_cast<std::size_t>(columns)));
  return above;
}

}  // namespace coppice::daemon
