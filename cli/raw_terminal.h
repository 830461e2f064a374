// The terminal of whoever calls, taken over for a job's terminal and given back.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "config/job_spec.h"

namespace coppice::cli {

// The size of the terminal at `descriptor`; nothing where it has none, or is no terminal.
std::optional<config::TerminalSize> size_of_terminal(int descriptor);

// Throws Trouble when standard input is no terminal: what needs one, and what to do without.
void require_terminal(const std::string& what, const std::string& remedy);

// Its settings are read once, when it is made, and put back by leave() and by the destructor, however it comes to
// that. Not while this process is in the background: the terminal then belongs to the shell, which has
// settings of its own.
class RawTerminal {
 public:
  // `descriptor` is borrowed. Throws std::system_error if it is no terminal.
  explicit RawTerminal(int descriptor);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  // Every key comes as its bytes, Ctrl-C and Ctrl-Z too, and what is written goes out as it is.
  void enter();
  // May be called again, and again enter() after it. Does not wait and does not throw.
  void leave() noexcept;

  // Whether this process may touch it now.
  bool in_foreground() const noexcept;

 private:
  int descriptor_;
  termios before_{};
  bool raw_ = false;
};

// Where the job's screen goes: standard output. A terminal is opened anew, so that a write to it never waits
// and nobody else who has it open notices.
class ScreenOutput {
 public:
  // Throws std::system_error.
  ScreenOutput();
  int descriptor() const { return own_ ? own_.get() : 1; }
  // How much of it was taken; poll(2) tells when it takes more. Throws std::system_error.
  std::size_t write(std::string_view bytes);

 private:
  UniqueFd own_;
};

}  // namespace coppice::cli
