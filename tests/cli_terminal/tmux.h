// A terminal to look at: a pane of a tmux server of its own, with a shell in it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/cli_daemon/program.h"

namespace coppice::cli_terminal {

using Words = std::vector<std::string>;

class Tmux {
 public:
  // 80 columns and 24 rows. `folder` is where the server's socket goes, `environment` what the shell gets.
  Tmux(std::string folder, Words environment);
  // Ends the server and what runs in it.
  ~Tmux();
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  // A line for the shell, or for whatever reads.
  void enter(const std::string& line);
  // Keys as tmux(1) names them: "C-c", "Escape", "Enter".
  void press(const Words& keys);
  void type(const std::string& text);
  void resize(int columns, int rows);

  // What the pane shows.
  std::string screen() const;
  // Waits until the pane shows `text`; false when the deadline passed.
  bool shows(const std::string& text) const;
  // A format of tmux(1), of the pane: "#{alternate_on}".
  std::string tell(const std::string& format) const;

 private:
  cli_daemon::Ended run(const Words& words) const;

  Words environment_;
  std::string socket_;
};

// Looks until `condition` holds; false when the deadline has passed.
bool eventually(const std::function<bool()>& condition);

}  // namespace coppice::cli_terminal
