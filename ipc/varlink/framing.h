// Messages on a stream socket: bytes up to a NUL, and the descriptors that came with the first of them.
//
// Nothing here waits, whatever the socket's mode: EAGAIN is told, and the caller waits in its own way.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::varlink {

// SCM_MAX_FD of the kernel (unix(7)).
inline constexpr std::size_t kMaxDescriptors = 253;

// Collects one message. It looks before it takes (MSG_PEEK), so that not one byte behind the NUL leaves the
// socket: the next message's descriptors stay with that message, and a connection that is upgraded can
// be handed on as it is.
class MessageReader {
 public:
  MessageReader(std::size_t max_bytes, std::size_t max_descriptors);

  // message: text() and descriptors() are whole; call next() when done with them. again: the socket has no
  // more for now. end: the peer will send no more, and nothing was begun.
  enum class Status { message, again, end };

  // Throws ProtocolError: too long, too many descriptors, a truncated control message, descriptors behind
  // the first byte, an end within a message (CutShort); std::system_error for a failed socket.
  Status read(int socket);

  // Without the NUL. Valid until next().
  std::string_view text() const { return std::string_view(buffer_).substr(0, length_); }
  // Close-on-exec; may be moved from.
  std::vector<UniqueFd>& descriptors() { return descriptors_; }
  // Bytes held of a message that is not complete.
  std::size_t pending() const { return length_; }

  void next();

 private:
  std::size_t peek(int socket, bool& end);
  void take(int socket, std::size_t size);
  void receive_descriptors(const msghdr& header);

  std::size_t max_bytes_;
  std::size_t max_descriptors_;
  std::string buffer_;      // its size is room, not content
  std::size_t length_ = 0;  // bytes of the message so far
  std::vector<UniqueFd> descriptors_;
};

// Sends one message piecemeal.
class MessageWriter {
 public:
  // `text` ends with its NUL. The descriptors are borrowed until the first byte is sent.
  MessageWriter(std::string text, std::vector<int> descriptors);

  // Sends what the socket takes now; true when all is sent. Throws std::system_error (never SIGPIPE).
  bool write(int socket);
  // Whether the peer may have a part of the message: only the rest of it may follow.
  bool begun() const { return sent_ > 0; }

 private:
  std::string text_;
  std::vector<int> descriptors_;
  std::size_t sent_ = 0;
};

}  // namespace coppice::varlink
