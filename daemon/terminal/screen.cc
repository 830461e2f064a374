// Characters, controls and short escapes; screen_sequences.cc has the control sequences.
#include "daemon/terminal/screen.h"

#include <wchar.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

constexpr int kTab = 8;

// The line drawing set: 0x5f to 0x7e.
constexpr char32_t kLineDrawing[] = {
    0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
    0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
    0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7};

// Makes wcwidth(3) know Unicode on this thread.
class UnicodeWidths {
 public:
  explicit UnicodeWidths(locale_t unicode) : before_(unicode ? ::uselocale(unicode) : nullptr) {}
  ~UnicodeWidths() {
    if (before_) ::uselocale(before_);
  }
  UnicodeWidths(const UnicodeWidths&) = delete;
  UnicodeWidths& operator=(const UnicodeWidths&) = delete;

 private:
  locale_t before_;
};

}  // namespace

Screen::Screen(config::TerminalSize size)
    : share_(size),
      unicode_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)),
      primary_(size.rows, size.columns),
      bottom_(size.rows) {
  reset_tabs();
}

Screen::~Screen() {
  if (unicode_) ::freelocale(unicode_);
}

void Screen::feed(std::string_view bytes) {
  const UnicodeWidths widths(unicode_);
  sequences_.take(bytes, *this);
}

Screen::Share::Share(config::TerminalSize size) { change(size); }

Screen::Share::~Share() { taken_ -= own_; }

void Screen::Share::change(config::TerminalSize size) {
  const auto wanted = static_cast<std::size_t>(size.columns) * static_cast<std::size_t>(size.rows);
  if (taken_ - own_ + wanted > kCellsOfAll) throw errno_error("make", "the screen of a terminal", ENOMEM);
  taken_ = taken_ - own_ + wanted;
  own_ = wanted;
}

void Screen::resize(config::TerminalSize size) {
  share_.change(size);
  const int primary_row = alternate_ ? saved_[0].row : cursor_.row;
  const int gone = primary_.resize(size.rows, size.columns, primary_row);
  const int gone_here = alternate_ ? alternate_->resize(size.rows, size.columns, cursor_.row) : gone;
  saved_[0].row -= gone;
  for (Cursor& cursor : saved_) {
    cursor.row = std::clamp(cursor.row, 0, size.rows - 1);
    cursor.column = std::clamp(cursor.column, 0, size.columns - 1);
    cursor.wraps = false;
  }
  go_to(cursor_.row - gone_here, cursor_.column);
  top_ = 0;
  bottom_ = size.rows;
  reset_tabs();
}

void Screen::reset_tabs() {
  tabs_.assign(static_cast<std::size_t>(columns()), false);
  for (std::size_t column = kTab; column < tabs_.size(); column += kTab) tabs_[column] = true;
}

void Screen::print(char32_t character) {
  const bool drawing = cursor_.sets[cursor_.set] == '0' && character >= 0x5f && character <= 0x7e;
  if (drawing) character = kLineDrawing[character - 0x5f];
  const int width = character < 0x80 ? 1 : ::wcwidth(static_cast<wchar_t>(character));
  if (width == 0) {
    const int column = cursor_.wraps ? cursor_.column : cursor_.column - 1;
    if (column >= 0) grid().add_mark(cursor_.row, column, character);
    return;
  }
  const bool wide = width == 2 && columns() > 1;
  if (wrap_ && (cursor_.wraps || (wide && cursor_.column + 2 > columns()))) {
    cursor_.column = 0;
    line_feed();
  }
  cursor_.wraps = false;
  const int columns_taken = wide ? 2 : 1;
  if (cursor_.column + columns_taken > columns()) cursor_.column = columns() - columns_taken;
  if (insert_) grid().insert(cursor_.row, cursor_.column, columns_taken, cursor_.style);
  grid().put(cursor_.row, cursor_.column, character, wide, cursor_.style);
  last_printed_ = character;
  cursor_.column += columns_taken;
  if (cursor_.column < columns()) return;
  cursor_.column = columns() - 1;
  cursor_.wraps = true;
}

void Screen::control(unsigned char byte) {
  switch (byte) {
    case '\b': return go_to(cursor_.row, cursor_.column - 1);
    case '\t': return tabulate(1);
    case '\n':
    case '\v':
    case '\f':
      if (new_line_) cursor_.column = 0;
      return line_feed();
    case '\r': return go_to(cursor_.row, 0);
    case 0x0e: cursor_.set = 1; return;
    case 0x0f: cursor_.set = 0; return;
    default: return;
  }
}

void Screen::escape(char intermediate, char final) {
  if (intermediate == '(' || intermediate == ')') {
    cursor_.sets[intermediate == ')'] = final == '0' ? '0' : 'B';
    return;
  }
  if (intermediate == '#' && final == '8') {
    for (int row = 0; row < rows(); ++row)
      for (int column = 0; column < columns(); ++column) grid().put(row, column, U'E', false, {});
    return;
  }
  if (intermediate != 0) return;
  switch (final) {
    case '7': return save_cursor();
    case '8': return restore_cursor();
    case '=': keypad_ = true; return;
    case '>': keypad_ = false; return;
    case 'D': return line_feed();
    case 'E':
      cursor_.column = 0;
      return line_feed();
    case 'H': tabs_[static_cast<std::size_t>(cursor_.column)] = true; return;
    case 'M': return reverse_line_feed();
    case 'c': return reset();
    default: return;
  }
}

// Within the whole screen; the margins are the business of those who call.
void Screen::go_to(int row, int column) {
  cursor_.row = std::clamp(row, 0, rows() - 1);
  cursor_.column = std::clamp(column, 0, columns() - 1);
  cursor_.wraps = false;
}

void Screen::line_feed() {
  cursor_.wraps = false;
  if (cursor_.row + 1 == bottom_) {
    grid().scroll(top_, bottom_, 1, cursor_.style);
  } else {
    go_to(cursor_.row + 1, cursor_.column);
  }
}

void Screen::reverse_line_feed() {
  cursor_.wraps = false;
  if (cursor_.row == top_) {
    grid().scroll(top_, bottom_, -1, cursor_.style);
  } else {
    go_to(cursor_.row - 1, cursor_.column);
  }
}

// Backwards if `count` is negative.
void Screen::tabulate(int count) {
  const int step = count < 0 ? -1 : 1;
  int column = cursor_.column;
  for (int left = std::min(std::abs(count), columns()); left > 0; --left)
    for (column += step; column > 0 && column < columns() - 1; column += step)
      if (tabs_[static_cast<std::size_t>(column)]) break;
  go_to(cursor_.row, column);
}

void Screen::restore_cursor() {
  cursor_ = saved();
  const bool wraps = cursor_.wraps;
  go_to(cursor_.row, cursor_.column);
  cursor_.wraps = wraps && cursor_.column == columns() - 1;
}

void Screen::reset() {
  switch_screen(false);
  reset_softly();
  for (int row = 0; row < rows(); ++row) grid().erase(row, 0, columns(), {});
  cursor_ = {};
  saved_[0] = saved_[1] = {};
  reset_tabs();
  // Those that were on are told to be off in a snapshot.
  for (auto& [mode, on] : modes_) on = false;
}

void Screen::reset_softly() {
  top_ = 0;
  bottom_ = rows();
  wrap_ = true;
  insert_ = new_line_ = keypad_ = false;
  visible_ = true;
  cursor_.style = {};
  cursor_.origin = false;
  cursor_.sets[0] = cursor_.sets[1] = 'B';
  cursor_.set = 0;
}

}  // namespace coppice::daemon
