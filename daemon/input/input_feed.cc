#include "daemon/input/input_feed.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/memory_file.h"

namespace coppice::daemon {
namespace {

// One write, and what goes to a job that reads as fast as we write before others have their turn.
constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kTurn = 256 << 10;

ssize_t write_piece(int pipe, std::string_view bytes) {
  ssize_t written;
  do {
    written = ::write(pipe, bytes.data(), std::min(bytes.size(), kPiece));
  } while (written < 0 && errno == EINTR);
  return written;
}

ssize_t send_piece(int pipe, int file) {
  ssize_t sent;
  do {
    sent = ::sendfile(pipe, file, nullptr, kPiece);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

// A place in the order of arrival, given up when its writer is done or cancelled.
class InputFeed::Place {
 public:
  explicit Place(InputFeed& feed) : feed_(feed), number_(++feed.last_writer_) {
    feed_.writers_.push_back(number_);
  }
  ~Place() {
    std::erase(feed_.writers_, number_);
    feed_.moved_.notify_all();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool has_come() const { return feed_.turn_of(number_); }

 private:
  InputFeed& feed_;
  const std::uint64_t number_;
};

InputFeed::InputFeed(asio::io_context& context) : context_(context), pipe_(context), moved_(context) {}

UniqueFd InputFeed::open(const std::string& first) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "input of the job", errno);
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  // Of this end alone: the two ends of a pipe are open file descriptions of their own.
  if (::fcntl(write_end.get(), F_SETFL, O_NONBLOCK) != 0)
    throw errno_error("fcntl", "input of the job", errno);
  // The job ended before it began: its end of file is at once.
  if (state_ != State::unopened) return read_end;
  begin(std::move(write_end), first.empty() ? UniqueFd() : sealed_memory_file("coppice-input", first));
  return read_end;
}

void InputFeed::take_over(UniqueFd pipe, UniqueFd first) {
  if (state_ != State::unopened) return;
  // Closed before, and so given up by whoever held it.
  if (!pipe) return shut(State::closed);
  begin(std::move(pipe), std::move(first));
}

void InputFeed::begin(UniqueFd pipe, UniqueFd first) {
  pipe_.assign(pipe.get());
  static_cast<void>(pipe.release());
  first_ = std::move(first);
  state_ = State::open;
  auto filling = fill_first(shared_from_this());
  asio::co_spawn(context_, std::move(filling), asio::detached);
}

asio::awaitable<InputFeed::Outcome> InputFeed::write(std::string data, bool close) {
  if (writers_.size() >= kMaxWriters) co_return Outcome::crowded;
  const Place place(*this);
  while (!place.has_come()) co_await moved_.wait();
  if (state_ == State::closed) co_return Outcome::closed;
  auto filling = fill(std::move(data));
  co_await std::move(filling);
  if (state_ == State::unread) co_return Outcome::unread;
  if (close) shut(State::closed);
  co_return Outcome::taken;
}

// Once nothing can be written any more, it is everybody's turn to be told.
bool InputFeed::turn_of(std::uint64_t number) const {
  if (state_ == State::unopened) return false;
  if (state_ != State::open) return true;
  return first_done_ && writers_.front() == number;
}

// What is closed stays closed, also when the job ends later.
void InputFeed::shut(State state) {
  if (state_ == State::closed || state_ == State::unread) return;
  state_ = state;
  asio::error_code ignored;  // nothing is lost with a pipe's end
  pipe_.close(ignored);
  if (closed_) closed_();
  moved_.notify_all();
}

// The kernel moves the file's offset along with what the pipe takes: a process that goes on with both knows where.
asio::awaitable<void> InputFeed::fill_first(std::shared_ptr<InputFeed> self) {
  std::size_t in_a_row = 0;
  while (self->first_ && self->state_ == State::open) {
    const ssize_t sent = send_piece(self->pipe_.native_handle(), self->first_.get());
    const int error = sent < 0 ? errno : 0;
    if (sent == 0) break;
    co_await self->go_on(sent, error, in_a_row);
  }
  self->first_.reset();
  self->first_done_ = true;
  self->moved_.notify_all();
}

asio::awaitable<void> InputFeed::fill(std::string data) {
  std::string_view rest = data;
  std::size_t in_a_row = 0;
  while (state_ == State::open && !rest.empty()) {
    const ssize_t written = write_piece(pipe_.native_handle(), rest);
    const int error = written < 0 ? errno : 0;
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    co_await go_on(written, error, in_a_row);
  }
}

asio::awaitable<void> InputFeed::go_on(ssize_t written, int error, std::size_t& in_a_row) {
  if (written >= 0) {
    in_a_row += static_cast<std::size_t>(written);
    if (in_a_row < kTurn) co_return;
    co_await asio::post(context_, asio::use_awaitable);
  } else if (error == EPIPE) {
    shut(State::unread);
  } else if (error == EAGAIN) {
    co_await wait_room();
  } else {
    co_await pause();
  }
  in_a_row = 0;
}

// The kernel tells of room, and of a reader that has gone.
asio::awaitable<void> InputFeed::wait_room() {
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await pipe_.async_wait(asio::posix::descriptor_base::wait_write, token);
  // If the pipe was closed meanwhile, that says all; else it is the waiting itself that was cancelled.
  if (error && state_ == State::open) throw std::system_error(error);
}

// The kernel has no memory for a page of the pipe, and no event for its end.
asio::awaitable<void> InputFeed::pause() {
  asio::steady_timer timer(context_, std::chrono::milliseconds(50));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace coppice::daemon
