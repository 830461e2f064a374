// A connection that costs a client next to nothing: messages go out as bytes that were made before, and what comes
// back is not parsed. What is measured is the daemon, and not the reader of its answers.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::bench {

class Wire {
 public:
  // Throws std::system_error when nothing listens there.
  explicit Wire(const std::string& socket_path);

  // `call` ends with its NUL. Throws std::system_error.
  void send(std::string_view call);

  // Reads once; false as long as no message is complete. Blocks if there is nothing. Throws std::runtime_error when the
  // connection has ended.
  bool read_some();
  // The next message, without its NUL, for as long as nothing else is read. Blocks.
  std::string_view receive();
  // Whether receive() has one already.
  bool has_message() const;

  // One call, one answer.
  std::string_view exchange(std::string_view call) {
    send(call);
    return receive();
  }

  int descriptor() const { return socket_.get(); }

 private:
  UniqueFd socket_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
};

}  // namespace coppice::bench
