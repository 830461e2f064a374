// What a terminal shows: the emulator of a VT with the extensions of xterm that programs use.
//
// It follows what a job writes so that a viewer who comes later can be shown the same screen. It answers no
// question that a program asks of its terminal: the viewer's terminal does, when there is one. Any bytes are
// taken. Control thread; it allocates, and throws std::bad_alloc.
#pragma once

#include <locale.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/job_spec.h"
#include "daemon/terminal/grid.h"
#include "daemon/terminal/sequences.h"

namespace coppice::daemon {

class Screen : private SequenceActions {
 public:
  // All screens of this process have that many cells at most: they are memory of the daemon's.
  static constexpr std::size_t kCellsOfAll = std::size_t{8} << 20;

  // Throws std::system_error with ENOMEM beyond kCellsOfAll; so does resize(), and then nothing has changed.
  explicit Screen(config::TerminalSize size);
  ~Screen() override;
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // What the job wrote.
  void feed(std::string_view bytes);
  void resize(config::TerminalSize size);
  config::TerminalSize size() const { return {grid().columns(), grid().rows()}; }

  // What makes any terminal of this size, in whatever state, look and act like this one: both screens, colours,
  // cursor, modes, margins, and the beginning of a sequence that is not complete. Tab stops and
  // titles are not among it.
  std::string snapshot() const;

 private:
  // What ESC 7 saves.
  struct Cursor {
    int row = 0;
    int column = 0;
    // The last column was written: the next character goes to the next line, if lines wrap.
    bool wraps = false;
    bool origin = false;
    TextStyle style;
    // Designations of G0 and G1, 'B' for ASCII and '0' for line drawing, and which is in use.
    char sets[2] = {'B', 'B'};
    int set = 0;
  };

  void print(char32_t character) override;
  void control(unsigned char byte) override;
  void escape(char intermediate, char final) override;
  void sequence(const ControlSequence& sequence) override;

  void move(const ControlSequence& sequence);
  void edit(const ControlSequence& sequence);
  void set_modes(const ControlSequence& sequence, bool on);
  void set_private_mode(int mode, bool on);
  void switch_screen(bool alternate);
  void set_margins(int top, int bottom);
  void erase_display(int what);
  void erase_line(int what);
  void repeat(int count);

  void go_to(int row, int column);
  void go_up(int count);
  void go_down(int count);
  void line_feed();
  void reverse_line_feed();
  void tabulate(int count);
  Cursor& saved() { return saved_[alternate_ ? 1 : 0]; }
  void save_cursor() { saved() = cursor_; }
  void restore_cursor();
  void reset();
  void reset_softly();
  void reset_tabs();

  void draw(const Grid& grid, std::string& out) const;
  void draw_modes(std::string& out) const;
  void draw_cursor(const Cursor& cursor, const Grid& grid, std::string& out) const;

  Grid& grid() { return alternate_ ? *alternate_ : primary_; }
  const Grid& grid() const { return alternate_ ? *alternate_ : primary_; }
  int rows() const { return grid().rows(); }
  int columns() const { return grid().columns(); }

  // Of kCellsOfAll, what this one has.
  class Share {
   public:
    explicit Share(config::TerminalSize size);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    void change(config::TerminalSize size);

   private:
    static inline std::size_t taken_ = 0;
    std::size_t own_ = 0;
  };

  Share share_;
  Sequences sequences_;
  // For wcwidth(3); null where the system has no such locale.
  locale_t unicode_;
  Grid primary_;
  // While a program has switched to it.
  std::optional<Grid> alternate_;
  Cursor cursor_;
  // Of the primary screen, where the cursor is when it comes back, and of the alternate one.
  Cursor saved_[2];
  int top_ = 0;
  int bottom_;  // one beyond the last row of the margins
  std::vector<bool> tabs_;
  bool wrap_ = true;
  bool insert_ = false;
  bool new_line_ = false;
  bool visible_ = true;
  bool keypad_ = false;
  std::optional<int> shape_;
  // Modes that change nothing on the screen, but what keys, mouse and pasting send.
  std::map<int, bool> modes_;
  char32_t last_printed_ = 0;
};

}  // namespace coppice::daemon
