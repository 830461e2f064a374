#include "daemon/terminal/sequences.h"

#include <algorithm>
#include <optional>

namespace coppice::daemon {
namespace {

constexpr unsigned char kBell = 0x07;
constexpr unsigned char kCancel = 0x18;
constexpr unsigned char kSubstitute = 0x1a;
constexpr unsigned char kEscape = 0x1b;
constexpr unsigned char kDelete = 0x7f;
constexpr char32_t kReplacement = 0xfffd;
// A longer sequence is swallowed to its end.
constexpr std::size_t kMaxHeld = 256;

// Bytes that follow this first one of a UTF-8 character; -1 if none starts so.
int following(unsigned char first) {
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first >= 0xe0 && first <= 0xef) return 2;
  if (first >= 0xf0 && first <= 0xf4) return 3;
  return -1;
}

// Of a whole sequence of bytes; overlong forms, surrogates and what is beyond Unicode are no characters.
char32_t decode(std::string_view bytes) {
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  char32_t code = static_cast<unsigned char>(bytes[0]) & (0xffu >> (bytes.size() + 1));
  for (const char byte : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3f);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kLeast[bytes.size()] || surrogate || code > 0x10ffff ? kReplacement : code;
}

bool is_intermediate(char byte) { return byte >= 0x20 && byte <= 0x2f; }

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<ControlSequence> read() {
    ControlSequence sequence;
    if (next() >= '<' && next() <= '?') sequence.marker = take();
    while (next() >= '0' && next() <= ';') {
      if (sequence.parameters.size() == Sequences::kMaxParameters) return std::nullopt;
      sequence.parameters.push_back(read_parameter());
    }
    if (is_intermediate(next())) sequence.intermediate = take();
    if (rest_.size() != 1) return std::nullopt;
    sequence.final = take();
    return sequence;
  }

 private:
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  char take() {
    const char byte = rest_.front();
    rest_.remove_prefix(1);
    return byte;
  }

  // With the separator behind it.
  Parameter read_parameter() {
    Parameter parameter;
    parameter.joined = joined_;
    while (next() >= '0' && next() <= '9')
      parameter.value = std::min(std::max(parameter.value, 0) * 10 + (take() - '0'), Sequences::kMaxNumber);
    joined_ = next() == ':';
    if (next() == ':' || next() == ';') take();
    return parameter;
  }

  std::string_view rest_;
  bool joined_ = false;
};

}  // namespace

void Sequences::take(std::string_view bytes, SequenceActions& actions) {
  for (const char byte : bytes) take(static_cast<unsigned char>(byte), actions);
}

void Sequences::take(unsigned char byte, SequenceActions& actions) {
  switch (state_) {
    case State::ground: return take_ground(byte, actions);
    case State::character: return take_character(byte, actions);
    case State::escape: return take_escape(byte, actions);
    case State::control: return take_control(byte, actions);
    case State::string:
    case State::string_escape: return take_string(byte, actions);
  }
}

void Sequences::begin(State state, unsigned char byte) {
  state_ = state;
  held_.assign(1, static_cast<char>(byte));
}

void Sequences::leave() {
  state_ = State::ground;
  held_.clear();
}

void Sequences::take_ground(unsigned char byte, SequenceActions& actions) {
  if (take_c0(byte, actions) || byte == kDelete) return;
  if (byte < 0x80) return actions.print(byte);
  missing_ = following(byte);
  if (missing_ < 0) return actions.print(kReplacement);
  begin(State::character, byte);
}

void Sequences::take_character(unsigned char byte, SequenceActions& actions) {
  if ((byte & 0xc0) != 0x80) {
    leave();
    actions.print(kReplacement);
    return take_ground(byte, actions);
  }
  held_ += static_cast<char>(byte);
  if (--missing_ > 0) return;
  const char32_t code = decode(held_);
  leave();
  // C1 controls are no characters, and UTF-8 terminals differ in what they do with them.
  if (code >= 0xa0) actions.print(code);
}

// They act within a sequence too.
bool Sequences::take_c0(unsigned char byte, SequenceActions& actions) {
  if (byte >= 0x20) return false;
  if (byte == kEscape) {
    begin(State::escape, byte);
  } else if (byte == kCancel || byte == kSubstitute) {
    leave();
  } else {
    actions.control(byte);
  }
  return true;
}

void Sequences::take_escape(unsigned char byte, SequenceActions& actions) {
  if (take_c0(byte, actions) || byte == kDelete) return;
  if (byte >= 0x80) {
    leave();
    return take_ground(byte, actions);
  }
  if (held_.size() < kMaxHeld) held_ += static_cast<char>(byte);
  const std::string_view held(held_);
  if (is_intermediate(static_cast<char>(byte))) return;
  if (held == "\033[") {
    state_ = State::control;
  } else if (held.size() == 2 && std::string_view("]PX^_").find(held[1]) != std::string_view::npos) {
    state_ = State::string;
  } else {
    const char intermediate = held.size() == 3 ? held[1] : '\0';
    const bool whole = held.size() <= 3;
    const char final = held.back();
    leave();
    if (whole) actions.escape(intermediate, final);
  }
}

void Sequences::take_control(unsigned char byte, SequenceActions& actions) {
  if (take_c0(byte, actions) || byte == kDelete) return;
  if (byte >= 0x80) {
    leave();
    return take_ground(byte, actions);
  }
  if (held_.size() < kMaxHeld) held_ += static_cast<char>(byte);
  if (byte < 0x40) return;
  const auto sequence = Reader(std::string_view(held_).substr(2)).read();
  leave();
  if (sequence) actions.sequence(*sequence);
}

// BEL or ESC \ ends it, CAN and SUB too; an ESC with another byte behind it begins a new sequence.
void Sequences::take_string(unsigned char byte, SequenceActions& actions) {
  if (state_ == State::string_escape) {
    if (byte == '\\') return leave();
    begin(State::escape, kEscape);
    return take_escape(byte, actions);
  }
  if (byte == kEscape) {
    state_ = State::string_escape;
  } else if (byte == kBell || byte == kCancel || byte == kSubstitute) {
    leave();
  }
}

}  // namespace coppice::daemon
