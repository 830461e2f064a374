#include "daemon/terminal/viewer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <new>
#include <utility>

#include "base/readiness.h"
#include "daemon/terminal/terminal.h"

namespace coppice::daemon {

Viewer::Viewer(asio::io_context& io, std::shared_ptr<Terminal> terminal)
    : terminal_(std::move(terminal)), socket_(io), more_(io) {}

Viewer::~Viewer() { terminal_->leave(*this); }

bool Viewer::has_keyboard() const { return terminal_->has_keyboard(*this); }

asio::awaitable<void> Viewer::serve(UniqueFd socket) {
  using namespace asio::experimental::awaitable_operators;
  socket_.assign(socket.get());
  static_cast<void>(socket.release());
  queue_ = terminal_->first_picture();
  room_ = kQueue + queue_.size();
  ended_ = terminal_->ended();
  serving_ = true;
  auto sending = send();
  auto receiving = receive();
  auto leaving = await_leave();
  auto first = std::move(sending) || std::move(receiving) || std::move(leaving);
  co_await std::move(first);
}

void Viewer::show(std::string_view bytes) {
  if (!serving_ || overrun_) return;
  overrun_ = queue_.size() - sent_ + bytes.size() > room_;
  try {
    if (!overrun_) queue_.append(bytes);
  } catch (const std::bad_alloc&) {
    overrun_ = true;
  }
  if (overrun_) {
    queue_.clear();
    sent_ = 0;
  }
  more_.notify_all();
}

void Viewer::end() {
  ended_ = true;
  more_.notify_all();
}

void Viewer::draw() {
  overrun_ = false;
  queue_ = terminal_->picture();
  sent_ = 0;
  room_ = kQueue + queue_.size();
}

// Each of the three returns when this viewer is done with, whatever the reason, so that the others end too.
asio::awaitable<void> Viewer::send() {
  try {
    co_await send_all();
  } catch (const std::exception&) {
    // The peer left, or the caller is cancelled, or there is no memory for a picture.
  }
}

asio::awaitable<void> Viewer::send_all() {
  for (;;) {
    if (sent_ == queue_.size()) {
      queue_.clear();
      sent_ = 0;
      room_ = kQueue;
      if (overrun_) {
        draw();
      } else if (ended_) {
        co_return;
      } else {
        co_await more_.wait();
      }
      continue;
    }
    const ssize_t size = ::send(socket_.native_handle(), queue_.data() + sent_, queue_.size() - sent_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      sent_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN) {
      co_await socket_.async_wait(asio::posix::descriptor_base::wait_write, asio::use_awaitable);
    } else if (errno != EINTR) {
      co_return;
    }
  }
}

asio::awaitable<void> Viewer::receive() {
  try {
    co_await receive_all();
    // It sends no more; it may look on.
    co_await await_leave();
  } catch (const std::exception&) {
    // As in send().
  }
}

asio::awaitable<void> Viewer::receive_all() {
  std::array<char, 4096> buffer;
  for (;;) {
    co_await socket_.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    const ssize_t size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0) co_return;
    if (size < 0 && errno != EAGAIN && errno != EINTR) co_return;
    if (size < 0 || !has_keyboard()) continue;
    terminal_->type({buffer.data(), static_cast<std::size_t>(size)});
    while (terminal_->left_to_type()) co_await terminal_->typed().wait();
  }
}

// A socket reports a peer that closed it whole, and urgent data, which means nothing here.
asio::awaitable<void> Viewer::await_leave() {
  try {
    do co_await socket_.async_wait(asio::posix::descriptor_base::wait_error, asio::use_awaitable);
    while (ready_events(socket_.native_handle(), POLLPRI) == 0);
  } catch (const std::exception&) {
    // As in send().
  }
}

}  // namespace coppice::daemon
