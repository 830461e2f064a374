// One method call, as its handler sees it.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "ipc/varlink/method_error.h"

namespace coppice::varlink {

// Who is at the other end, by the kernel's word (SO_PEERCRED, SO_PEERGROUPS) as of connect(2). The pid may be gone
// and its number may name another process by now: for messages only.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  // The supplementary groups.
  std::vector<gid_t> groups = {};
};

class Connection;
struct Request;

// One of several replies, encoded once for any number of calls. Copies share the text.
class SharedReply {
 public:
  // Of parameters that are text: one JSON object, valid.
  explicit SharedReply(std::string_view parameters);
  const std::string& text() const { return *text_; }

 private:
  std::shared_ptr<const std::string> text_;
};

// Lives until its handler has returned; a handler that leaves work behind must not keep a reference.
// Every member runs on the thread of the server's io_context.
//
// A handler is a coroutine which the connection awaits: the next call of this connection is not read
// before it returns, and other connections go on. It answers with exactly one of: reply(), error(), or
// throwing MethodError. Anything else that it throws is given to Service::translate().
//
// When the peer has closed the connection (a mere shutdown(SHUT_WR) does not count: it still reads), the
// handler's coroutine gets a terminal cancellation: the Asio operation that it waits in, or the next one that
// it starts, ends with asio::error::operation_aborted. So a wait in a handler needs no care, and one that
// must clean up with further waits first does
//     co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
// A oneway call is never cancelled by its peer's leaving. A call that is read after its peer has left is
// begun, and cancelled at its first wait.
class Call {
 public:
  Call(Connection& connection, Request& request);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Fits the interface description. An object always, empty if the caller sent none.
  const nlohmann::json& parameters() const;
  // "io.coppice.Jobs.Start"
  const std::string& method() const;
  const Peer& peer() const;
  // A pidfd of the process that connected, which its number alone cannot name for sure (SO_PEERPIDFD, Linux 6.5).
  // Empty on older kernels, and where that process is gone.
  UniqueFd peer_process() const;
  // What the caller asked for.
  bool more() const;
  bool oneway() const;
  bool upgrade() const;

  // How many descriptors came with the call. Those not taken are closed when the handler returns.
  std::size_t descriptors() const;
  // The one at `index`, which is what the JSON says; close-on-exec. Throws InvalidParameter naming `field`
  // when there is none or it was taken before. Its open file description is shared with the
  // caller: change no flags of it.
  UniqueFd take_descriptor(std::int64_t index, std::string_view field);

  // The last reply. `descriptors` go with its first byte, by index; at most 253. Returns when the kernel has
  // taken all of it. Does nothing for a oneway call. A second final reply is a std::logic_error; a
  // message above the size bound is std::length_error, and another answer may still be given.
  asio::awaitable<void> reply(nlohmann::json parameters);
  asio::awaitable<void> reply(nlohmann::json parameters, std::vector<UniqueFd> descriptors);
  // The same with parameters that are text already: one JSON object, valid.
  asio::awaitable<void> reply_text(std::string parameters);
  // One of several, `continues` set. Throws ExpectedMore when the caller did not ask for more. It returns when the
  // kernel has taken all of it, so a peer that reads slowly holds this handler back and nobody else.
  asio::awaitable<void> reply_more(nlohmann::json parameters);
  asio::awaitable<void> reply_more(nlohmann::json parameters, std::vector<UniqueFd> descriptors);
  asio::awaitable<void> reply_more_text(std::string parameters);
  asio::awaitable<void> reply_more(SharedReply reply);
  // The last reply, as an error with its full name.
  asio::awaitable<void> error(MethodError error);
  // Whether a final reply was given, also when the call is oneway.
  bool answered() const;

  // Runs `action` once, after the connection has ended and its last handler has returned: the peer closed it, or
  // shut its sending side down and has all its answers, or broke the protocol, or the server closed
  // it. Actions run in the order added; they must not throw.
  void at_close(std::function<void()> action);
  // Lets go of `object` at that time.
  void keep_while_open(std::shared_ptr<void> object);

  // After the reply to an upgrade call: the raw socket, non-blocking. Not one byte behind the
  // call's NUL has been read from it. This connection is over when the handler returns, and the peer's leaving
  // cancels nothing any more: reading tells. A plain write(2) to a peer that left raises SIGPIPE. Read
  // until EAGAIN and then async_wait(): async_read_some() takes a short read for an empty socket (Asio 1.22)
  // and waits, and a peer can make one with descriptors or urgent data in the stream.
  UniqueFd take_connection();

 private:
  // Of an answer that may be given. Throws std::logic_error, ExpectedMore.
  void begin_answer(bool continues);
  asio::awaitable<void> send(std::string parameters, bool continues, std::string error,
                             std::vector<UniqueFd> descriptors);

  Connection& connection_;
  Request& request_;
  bool answered_ = false;
};

using Handler = std::function<asio::awaitable<void>(Call&)>;

}  // namespace coppice::varlink
