// What programs leave behind in a terminal that is not theirs.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace coppice::cli {

// Watches what goes to a terminal, and says how to make it plain again: out of the alternate screen, with a
// visible cursor, without colours, margins, and modes of mouse, keys and pasting.
class Traces {
 public:
  void see(std::string_view bytes);
  std::string undo() const;

 private:
  enum class State { ground, escape, control };
  void take(char byte);
  void take_control();

  State state_ = State::ground;
  std::string sequence_;
  // Private modes that were set or reset, as they are now.
  std::map<int, bool> modes_;
  bool margins_ = false;
  bool insert_ = false;
  bool keypad_ = false;
  bool shape_ = false;
};

}  // namespace coppice::cli
