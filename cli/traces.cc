#include "cli/traces.h"

#include <cstdlib>

namespace coppice::cli {
namespace {

// A longer sequence is none of those that matter.
constexpr std::size_t kMaxSequence = 128;
constexpr int kWrap = 7;
constexpr int kCursor = 25;

bool is_alternate_screen(int mode) { return mode == 47 || mode == 1047 || mode == 1049; }

std::string mode_sequence(int mode, bool on) {
  return "\033[?" + std::to_string(mode) + (on ? "h" : "l");
}

}  // namespace

void Traces::see(std::string_view bytes) {
  for (const char byte : bytes) take(byte);
}

void Traces::take(char byte) {
  if (byte == '\033') {
    state_ = State::escape;
    return;
  }
  if (state_ == State::escape) {
    sequence_.clear();
    state_ = byte == '[' ? State::control : State::ground;
    if (byte == '=' || byte == '>') keypad_ = byte == '=';
    if (byte == 'c') *this = Traces();
  } else if (state_ == State::control && static_cast<unsigned char>(byte) >= 0x20) {
    if (sequence_.size() < kMaxSequence) sequence_ += byte;
    if (byte < '@') return;
    take_control();
    state_ = State::ground;
  }
}

void Traces::take_control() {
  const char final = sequence_.back();
  if (final == 'r') margins_ = sequence_ != "r";
  if (sequence_.ends_with(" q")) shape_ = true;
  if (sequence_ == "4h" || sequence_ == "4l") insert_ = final == 'h';
  if (!sequence_.starts_with('?') || (final != 'h' && final != 'l')) return;
  for (std::size_t at = 0; at != std::string::npos && at + 1 < sequence_.size(); at = sequence_.find(';', at + 1))
    modes_[std::atoi(sequence_.c_str() + at + 1)] = final == 'h';
}

std::string Traces::undo() const {
  // First out of whatever sequence was cut off.
  std::string text = "\033\\\033[0m\033(B\017";
  if (insert_) text += "\033[4l";
  if (keypad_) text += "\033>";
  if (shape_) text += "\033[0 q";
  // Resetting the margins moves the cursor.
  if (margins_) text += "\0337\033[r\0338";
  bool alternate = false;
  for (const auto& [mode, on] : modes_) {
    const bool usual = mode == kWrap || mode == kCursor;
    if (is_alternate_screen(mode)) {
      alternate = alternate || on;
    } else if (on != usual) {
      text += mode_sequence(mode, usual);
    }
  }
  return alternate ? text + "\033[?1049l" : text;
}

}  // namespace coppice::cli
