// A job's standard input that clients fill piece by piece, for the kind `data`.
//
// Made with the job, before there is a pipe: who writes to a job that is still queued waits for it. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

class InputFeed : public std::enable_shared_from_this<InputFeed> {
 public:
  // What waits at most for one job, each with one message in memory.
  static constexpr std::size_t kMaxWriters = 64;

  explicit InputFeed(asio::io_context& context);
  InputFeed(const InputFeed&) = delete;
  InputFeed& operator=(const InputFeed&) = delete;

  // Makes the pipe and begins to fill it with `first`, which comes before what anybody writes. Returns the job's end:
  // blocking, close-on-exec, to be dropped once the job has it. Once only. Throws std::system_error.
  UniqueFd open(const std::string& first);
  // In place of open(): goes on with a pipe that an earlier process has opened, and with what was left of its `first`.
  void take_over(UniqueFd pipe, UniqueFd first);

  // Borrowed, to be held by somebody who outlives this process: the pipe, and a file with `first` whose offset says how
  // much of it the pipe has; -1 for none.
  int pipe() { return state_ == State::open ? pipe_.native_handle() : -1; }
  int first() const { return first_.get(); }
  // Called when the pipe is closed here: whoever else holds it must close it too.
  void on_close(std::function<void()> closed) { closed_ = std::move(closed); }

  enum class Outcome {
    // All of it is in the pipe.
    taken,
    // Nobody reads it any more, or the job is over: some or all of it is lost.
    unread,
    // A writer before this one closed the input.
    closed,
    // kMaxWriters wait already; nothing was written.
    crowded,
  };
  // Returns when the pipe has taken all of `data`, behind everything that was given earlier; `close` then ends the
  // input. Throws operation_aborted when cancelled: the part that the pipe has taken by then stays there, and the
  // input is not closed. The caller holds this feed meanwhile.
  asio::awaitable<Outcome> write(std::string data, bool close);

  // The job is over: everybody who waits is answered, and the pipe is closed.
  void end() { shut(State::unread); }

 private:
  enum class State { unopened, open, closed, unread };
  class Place;

  bool turn_of(std::uint64_t number) const;
  void shut(State state);
  asio::awaitable<void> fill(std::string data);
  void begin(UniqueFd pipe, UniqueFd first);
  static asio::awaitable<void> fill_first(std::shared_ptr<InputFeed> self);
  // After a write that took so many bytes, or failed with this errno. How many were taken in a row is counted.
  asio::awaitable<void> go_on(ssize_t written, int error, std::size_t& in_a_row);
  asio::awaitable<void> wait_room();
  asio::awaitable<void> pause();

  asio::io_context& context_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> pipe_;
  UniqueFd first_;
  std::function<void()> closed_;
  State state_ = State::unopened;
  bool first_done_ = false;
  // Those that wait and the one that writes, in order.
  std::deque<std::uint64_t> writers_;
  std::uint64_t last_writer_ = 0;
  Notifier moved_;
};

}  // namespace coppice::daemon
