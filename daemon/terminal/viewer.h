// One who looks at a terminal over a connection of its own.
//
// It is served at its own pace from a bounded queue. When that overruns, what is in it is dropped, and the
// viewer gets the screen as it is once it reads again: neither the job nor another viewer waits for it.
// Control thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

class Terminal;

class Viewer {
 public:
  // Beside a picture of the screen that is on its way.
  static constexpr std::size_t kQueue = 256 << 10;

  // Use Terminal::admit().
  Viewer(asio::io_context& io, std::shared_ptr<Terminal> terminal);
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  bool has_keyboard() const;

  // Passes bytes both ways until the terminal has ended and the viewer has all of it, or the viewer has left, or
  // the caller is cancelled; never throws but for want of memory. The socket is a non-blocking stream; a
  // viewer that shuts its sending side down goes on looking. The caller holds this meanwhile.
  asio::awaitable<void> serve(UniqueFd socket);

  // For Terminal.
  void show(std::string_view bytes);
  void end();

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  asio::awaitable<void> send();
  asio::awaitable<void> receive();
  asio::awaitable<void> await_leave();
  asio::awaitable<void> send_all();
  asio::awaitable<void> receive_all();
  void draw();

  std::shared_ptr<Terminal> terminal_;
  Descriptor socket_;
  std::string queue_;
  std::size_t sent_ = 0;
  std::size_t room_ = kQueue;
  bool serving_ = false;
  bool overrun_ = false;
  bool ended_ = false;
  Notifier more_;
};

}  // namespace coppice::daemon
