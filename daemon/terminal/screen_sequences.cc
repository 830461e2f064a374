// The control sequences of a Screen.
#include <algorithm>
#include <iterator>

#include "daemon/terminal/screen.h"

namespace coppice::daemon {
namespace {

// Modes that are passed on to later viewers: cursor keys, mouse and its encodings, focus, pasting.
constexpr int kPassedOn[] = {1, 5, 9, 12, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004};

int number(const ControlSequence& sequence, std::size_t index, int otherwise) {
  if (index >= sequence.parameters.size() || sequence.parameters[index].value < 0) return otherwise;
  return sequence.parameters[index].value;
}

// For counts and positions, where 0 means 1.
int count(const ControlSequence& sequence, std::size_t index = 0) {
  return std::max(1, number(sequence, index, 1));
}

}  // namespace

void Screen::sequence(const ControlSequence& sequence) {
  const char marker = sequence.marker;
  const char final = sequence.final;
  if (sequence.intermediate == '!' && final == 'p') return reset_softly();
  if (sequence.intermediate == ' ' && final == 'q') {
    shape_ = number(sequence, 0, 0);
    return;
  }
  if (sequence.intermediate != 0) return;
  if (final == 'h' || final == 'l') return set_modes(sequence, final == 'h');
  if (marker == '?' && (final == 'J' || final == 'K')) return edit(sequence);
  if (marker != 0) return;
  switch (final) {
    case 'm': return cursor_.style.apply(sequence.parameters);
    case 'r': return set_margins(count(sequence) - 1, number(sequence, 1, rows()));
    case 's': return save_cursor();
    case 'u': return restore_cursor();
    case 'b': return repeat(count(sequence));
    case 'g':
      if (number(sequence, 0, 0) == 0) tabs_[static_cast<std::size_t>(cursor_.column)] = false;
      if (number(sequence, 0, 0) == 3) tabs_.assign(tabs_.size(), false);
      return;
    default: break;
  }
  move(sequence);
  edit(sequence);
}

void Screen::move(const ControlSequence& sequence) {
  const int by = count(sequence);
  const int row = cursor_.row;
  const int column = cursor_.column;
  const int first = cursor_.origin ? top_ : 0;
  const int last = cursor_.origin ? bottom_ - 1 : rows() - 1;
  switch (sequence.final) {
    case 'A': return go_up(by);
    case 'B':
    case 'e': return go_down(by);
    case 'C':
    case 'a': return go_to(row, column + by);
    case 'D': return go_to(row, column - by);
    case 'E':
      go_down(by);
      return go_to(cursor_.row, 0);
    case 'F':
      go_up(by);
      return go_to(cursor_.row, 0);
    case 'G':
    case '`': return go_to(row, by - 1);
    case 'd': return go_to(std::min(first + by - 1, last), column);
    case 'H':
    case 'f': return go_to(std::min(first + by - 1, last), count(sequence, 1) - 1);
    case 'I': return tabulate(by);
    case 'Z': return tabulate(-by);
    default: return;
  }
}

// Not beyond the margin, when it starts within.
void Screen::go_up(int by) {
  const int limit = cursor_.row >= top_ ? top_ : 0;
  go_to(std::max(cursor_.row - by, limit), cursor_.column);
}

void Screen::go_down(int by) {
  const int limit = cursor_.row < bottom_ ? bottom_ - 1 : rows() - 1;
  go_to(std::min(cursor_.row + by, limit), cursor_.column);
}

void Screen::edit(const ControlSequence& sequence) {
  const int by = count(sequence);
  const bool within = cursor_.row >= top_ && cursor_.row < bottom_;
  const TextStyle& style = cursor_.style;
  switch (sequence.final) {
    case '@': grid().insert(cursor_.row, cursor_.column, by, style); break;
    case 'P': grid().remove(cursor_.row, cursor_.column, by, style); break;
    case 'X': grid().erase(cursor_.row, cursor_.column, cursor_.column + by, style); break;
    case 'L':
      if (within) grid().scroll(cursor_.row, bottom_, -by, style);
      break;
    case 'M':
      if (within) grid().scroll(cursor_.row, bottom_, by, style);
      break;
    case 'S': grid().scroll(top_, bottom_, by, style); break;
    case 'T': grid().scroll(top_, bottom_, -by, style); break;
    case 'J': erase_display(number(sequence, 0, 0)); break;
    case 'K': erase_line(number(sequence, 0, 0)); break;
    default: return;
  }
  cursor_.wraps = false;
}

void Screen::erase_display(int what) {
  if (what > 2) return;
  const int from = what == 0 ? cursor_.row + 1 : 0;
  const int to = what == 1 ? cursor_.row : rows();
  for (int row = from; row < to; ++row) grid().erase(row, 0, columns(), cursor_.style);
  if (what != 2) erase_line(what);
}

void Screen::erase_line(int what) {
  const int from = what == 0 ? cursor_.column : 0;
  const int to = what == 1 ? cursor_.column + 1 : columns();
  if (what <= 2) grid().erase(cursor_.row, from, to, cursor_.style);
}

// A screenful at most: what came before it has scrolled away.
void Screen::repeat(int by) {
  if (last_printed_ == 0) return;
  for (int left = std::min(by, rows() * columns()); left > 0; --left) print(last_printed_);
}

void Screen::set_margins(int top, int bottom) {
  bottom = bottom == 0 ? rows() : std::min(bottom, rows());
  if (top + 1 >= bottom) return;
  top_ = top;
  bottom_ = bottom;
  go_to(cursor_.origin ? top_ : 0, 0);
}

void Screen::set_modes(const ControlSequence& sequence, bool on) {
  for (const Parameter& parameter : sequence.parameters) {
    if (sequence.marker == '?') set_private_mode(parameter.value, on);
    if (sequence.marker != 0) continue;
    if (parameter.value == 4) insert_ = on;
    if (parameter.value == 20) new_line_ = on;
  }
}

void Screen::set_private_mode(int mode, bool on) {
  switch (mode) {
    case 6:
      cursor_.origin = on;
      return go_to(on ? top_ : 0, 0);
    case 7: wrap_ = on; return;
    case 25: visible_ = on; return;
    case 47:
    case 1047: return switch_screen(on);
    case 1048: return on ? save_cursor() : restore_cursor();
    case 1049:
      if (on) save_cursor();
      switch_screen(on);
      if (!on) restore_cursor();
      return;
    default:
      if (std::find(std::begin(kPassedOn), std::end(kPassedOn), mode) != std::end(kPassedOn)) modes_[mode] = on;
  }
}

void Screen::switch_screen(bool alternate) {
  if (alternate == alternate_.has_value()) return;
  if (alternate) {
    saved_[1] = {};
    alternate_.emplace(primary_.rows(), primary_.columns());
  } else {
    alternate_.reset();
  }
}

}  // namespace coppice::daemon
