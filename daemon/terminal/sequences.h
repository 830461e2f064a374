// Cuts what programs write to a terminal into characters, controls and control sequences.
//
// Any bytes are taken: what is no UTF-8 becomes U+FFFD, what is no sequence, or one beyond the caps, is
// swallowed as terminals do. Strings (titles, images, clipboards) show nothing and are left out. Follows the
// parser of the DEC VT series (vt100.net/emu/dec_ansi_parser).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::daemon {

struct Parameter {
  // -1: left out. At most Sequences::kMaxNumber.
  int value = -1;
  // It stands behind a colon: it belongs to the one before it.
  bool joined = false;
};

// `ESC [ marker parameters intermediate final`
struct ControlSequence {
  char marker = 0;  // one of < = > ?, or 0
  std::vector<Parameter> parameters;
  char intermediate = 0;  // 0 if there is none
  char final = 0;
};

// What the stream means; called in order.
class SequenceActions {
 public:
  virtual ~SequenceActions() = default;
  virtual void print(char32_t character) = 0;
  // C0: 0x00 to 0x1f, without ESC, CAN and SUB.
  virtual void control(unsigned char byte) = 0;
  // `intermediate` is 0 if there is none.
  virtual void escape(char intermediate, char final) = 0;
  virtual void sequence(const ControlSequence& sequence) = 0;
};

class Sequences {
 public:
  // A sequence with more parameters is left out.
  static constexpr std::size_t kMaxParameters = 32;
  static constexpr int kMaxNumber = 9999;

  // `actions` is borrowed and called from within.
  void take(std::string_view bytes, SequenceActions& actions);

  // Bytes that bring another terminal to where this stream is within a character or sequence; empty between
  // them. Of a string it is the introducer only: the rest is then swallowed there instead of shown.
  const std::string& unfinished() const { return held_; }

 private:
  enum class State { ground, character, escape, control, string, string_escape };

  void take(unsigned char byte, SequenceActions& actions);
  void take_ground(unsigned char byte, SequenceActions& actions);
  void take_character(unsigned char byte, SequenceActions& actions);
  void take_escape(unsigned char byte, SequenceActions& actions);
  void take_control(unsigned char byte, SequenceActions& actions);
  void take_string(unsigned char byte, SequenceActions& actions);
  bool take_c0(unsigned char byte, SequenceActions& actions);
  void begin(State state, unsigned char byte);
  void leave();

  State state_ = State::ground;
  std::string held_;
  // Of a character: bytes that are still to come.
  int missing_ = 0;
};

}  // namespace coppice::daemon
