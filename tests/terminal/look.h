// A viewer of a job's terminal, as a test.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "tests/support/daemon.h"
#include "tests/support/jobs.h"

namespace coppice::support {

class Look {
 public:
  // Attaches; `options` are the other parameters of Attach. Throws std::runtime_error when it is refused.
  Look(const Daemon& daemon, const json& job, const json& options = json::object());

  // Whether it got the keyboard.
  bool writer() const { return writer_; }
  void type(std::string_view keys);
  // Reads until `text` has come; false when the connection ended or the deadline passed before.
  bool sees(const std::string& text);
  // Reads to the end of the connection; false when it does not end within the deadline.
  bool ends();
  // All that came so far, and what came since then.
  const std::string& text() const { return text_; }
  void forget() { text_.clear(); }
  int socket() const { return socket_.get(); }

 private:
  enum class Read { some, end, late };
  Read read_some();

  UniqueFd socket_;
  bool writer_ = false;
  std::string text_;
};

// A spec of a job with a terminal that runs a line of shell.
json in_terminal(const std::string& line);

}  // namespace coppice::support
