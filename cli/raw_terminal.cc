#include "cli/raw_terminal.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_text.h"
#include "cli/trouble.h"
#include "config/check.h"

namespace coppice::cli {

std::optional<config::TerminalSize> size_of_terminal(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
  return config::TerminalSize{std::min<int>(size.ws_col, config::cap::kTerminalColumns),
                              std::min<int>(size.ws_row, config::cap::kTerminalRows)};
}

void require_terminal(const std::string& what, const std::string& remedy) {
  if (::isatty(STDIN_FILENO) != 1)
    throw Trouble(what + " needs a terminal on standard input, and there is none: " + remedy);
}

RawTerminal::RawTerminal(int descriptor) : descriptor_(descriptor) {
  if (::tcgetattr(descriptor_, &before_) != 0) throw errno_error("tcgetattr", "standard input", errno);
}

RawTerminal::~RawTerminal() { leave(); }

bool RawTerminal::in_foreground() const noexcept {
  const pid_t group = ::tcgetpgrp(descriptor_);
  return group < 0 || group == ::getpgrp();
}

void RawTerminal::enter() {
  if (raw_ || !in_foreground()) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  if (::tcsetattr(descriptor_, TCSANOW, &raw) != 0) throw errno_error("tcsetattr", "standard input", errno);
  raw_ = true;
}

void RawTerminal::leave() noexcept {
  if (!raw_) return;
  raw_ = false;
  // What it refuses (EIO: it has hung up) needs nothing given back.
  if (in_foreground()) static_cast<void>(::tcsetattr(descriptor_, TCSANOW, &before_));
}

ScreenOutput::ScreenOutput() {
  if (::isatty(STDOUT_FILENO) != 1) return;
  own_.reset(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  // A terminal of another user's (su) cannot be opened again: then it is written to in small pieces.
}

std::size_t ScreenOutput::write(std::string_view bytes) {
  // poll(2) promises room for that much in a pipe.
  if (!own_) bytes = bytes.substr(0, PIPE_BUF);
  const ssize_t size = ::write(descriptor(), bytes.data(), bytes.size());
  if (size >= 0) return static_cast<std::size_t>(size);
  if (errno == EAGAIN || errno == EINTR) return 0;
  throw errno_error("write", "standard output", errno);
}

}  // namespace coppice::cli
