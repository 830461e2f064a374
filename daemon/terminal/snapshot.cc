// A Screen as bytes for a terminal.
#include <algorithm>
#include <string>

#include "daemon/terminal/screen.h"

namespace coppice::daemon {
namespace {

void put_utf8(char32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    tail(12), tail(6), tail(0);
  }
}

std::string position(int row, int column) {
  return "\033[" + std::to_string(row + 1) + ";" + std::to_string(column + 1) + "H";
}

void put_mode(const char* mode, bool on, std::string& out) {
  out += std::string("\033[") + mode + (on ? "h" : "l");
}

bool is_empty(const Cell& cell) { return cell.character == 0 && !cell.right_half && cell.style == TextStyle{}; }

int used_columns(const Grid& grid, int row) {
  int used = grid.columns();
  while (used > 0 && is_empty(grid.at(row, used - 1))) --used;
  return used;
}

void put_cell(const Cell& cell, std::string& out) {
  if (cell.right_half) return;
  put_utf8(cell.character == 0 ? U' ' : cell.character, out);
  for (const char32_t mark : cell.marks)
    if (mark != 0) put_utf8(mark, out);
}

}  // namespace

std::string Screen::snapshot() const {
  // Out of whatever sequence it is in, then to the primary screen.
  std::string out = "\033\\\033[?1049l";
  draw(primary_, out);
  if (alternate_) {
    // Where this saves the cursor it will come back.
    draw_cursor(saved_[0], primary_, out);
    out += "\033[?1049h";
    draw(*alternate_, out);
  }
  draw_modes(out);
  draw_cursor(saved_[alternate_ ? 1 : 0], grid(), out);
  out += "\0337";
  draw_cursor(cursor_, grid(), out);
  return out + sequences_.unfinished();
}

void Screen::draw(const Grid& grid, std::string& out) const {
  TextStyle style;
  // A plain state to draw in: no margins, no wrapping, no line drawing.
  out += "\033[0m\033[r\033(B\033)B\017\033[?6l\033[4l\033[20l\033[?7l\033[2J";
  for (int row = 0; row < grid.rows(); ++row) {
    const int used = used_columns(grid, row);
    if (used > 0) out += position(row, 0);
    for (int column = 0; column < used; ++column) {
      const Cell& cell = grid.at(row, column);
      if (cell.style != style) out += cell.style.sequence();
      style = cell.style;
      put_cell(cell, out);
    }
  }
}

void Screen::draw_modes(std::string& out) const {
  put_mode("?7", wrap_, out);
  put_mode("4", insert_, out);
  put_mode("20", new_line_, out);
  put_mode("?25", visible_, out);
  for (const auto& [mode, on] : modes_) put_mode(("?" + std::to_string(mode)).c_str(), on, out);
  out += keypad_ ? "\033=" : "\033>";
  if (shape_) out += "\033[" + std::to_string(*shape_) + " q";
  if (top_ != 0 || bottom_ != rows())
    out += "\033[" + std::to_string(top_ + 1) + ";" + std::to_string(bottom_) + "r";
}

void Screen::draw_cursor(const Cursor& cursor, const Grid& grid, std::string& out) const {
  put_mode("?6", cursor.origin, out);
  out += position(std::max(0, cursor.row - (cursor.origin ? top_ : 0)), cursor.column);
  const Cell& cell = grid.at(cursor.row, cursor.column);
  // Only writing the last column makes the next character wrap.
  if (cursor.wraps && cell.character != 0) {
    out += std::string("\033(B\017\033[4l") + cell.style.sequence();
    put_cell(cell, out);
    put_mode("4", insert_, out);
  }
  out += cursor.style.sequence();
  out += std::string("\033(") + cursor.sets[0] + "\033)" + cursor.sets[1];
  out += cursor.set == 1 ? '\016' : '\017';
}

}  // namespace coppice::daemon
