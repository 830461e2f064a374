#include "daemon/journal/pump.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "daemon/journal/entry.h"

namespace coppice::daemon {
namespace {

// What one turn takes at most, so that busy jobs share the thread.
constexpr std::size_t kTurn = 256 << 10;
constexpr std::size_t kPiece = 64 << 10;

}  // namespace

JournalPump::JournalPump(Journal& journal, UniqueFd pipe, std::string common,
                         std::shared_ptr<JournalEnd> end)
    : journal_(journal),
      thread_(journal.thread()),
      common_(std::move(common)),
      pipe_(thread_),
      end_(std::move(end)) {
  // Of this end alone: the job's end is an open file description of its own.
  if (::fcntl(pipe.get(), F_SETFL, O_NONBLOCK) != 0)
    throw errno_error("fcntl", "output of the job", errno);
  pipe_.assign(pipe.get());
  static_cast<void>(pipe.release());
}

void JournalPump::start() {
  asio::post(thread_, [self = shared_from_this()] { self->watch(); });
}

void JournalPump::drain() {
  asio::post(thread_, [self = shared_from_this()] { self->begin_drain(); });
}

void JournalPump::watch() {
  if (waiting_ || finished_) return;
  waiting_ = true;
  pipe_.async_wait(asio::posix::descriptor_base::wait_read,
                   [self = shared_from_this()](const std::error_code& error) {
                     self->waiting_ = false;
                     if (!error) self->turn();
                   });
}

void JournalPump::turn() {
  if (finished_) return;
  const Pipe pipe = take(draining_ ? std::min(left_, kTurn) : kTurn);
  const bool drained = draining_ && (left_ == 0 || pipe == Pipe::empty);
  if (drained || pipe == Pipe::ended) return finish();
  if (pipe == Pipe::empty) return watch();
  asio::post(thread_, [self = shared_from_this()] { self->turn(); });
}

JournalPump::Pipe JournalPump::take(std::size_t max) {
  std::array<char, kPiece> buffer;
  while (max > 0) {
    const ssize_t count = ::read(pipe_.native_handle(), buffer.data(), std::min(max, buffer.size()));
    if (count == 0) return Pipe::ended;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? Pipe::empty : Pipe::ended;
    const auto size = static_cast<std::size_t>(count);
    lines_.add({buffer.data(), size}, [this](std::string_view line) { send(line); });
    max -= size;
    left_ -= std::min(left_, size);
  }
  return Pipe::has_more;
}

void JournalPump::send(std::string_view line) {
  const std::string entry = make_entry(common_, line);
  if (journal_.sender().send(entry) != 0) lost_ += line.size() + 1;
}

void JournalPump::begin_drain() {
  if (finished_ || draining_) return;
  int there = 0;
  // It cannot fail on a pipe; if it did, nothing more would be taken.
  static_cast<void>(::ioctl(pipe_.native_handle(), FIONREAD, &there));
  draining_ = true;
  left_ = static_cast<std::size_t>(there);
  turn();
}

void JournalPump::finish() {
  finished_ = true;
  lines_.finish([this](std::string_view line) { send(line); });
  asio::error_code ignored;  // nothing is lost with a pipe's end
  pipe_.close(ignored);
  asio::post(journal_.control(), [end = std::move(end_), lost = lost_] {
    end->reached = true;
    end->lost = lost;
    end->changed.notify_all();
  });
}

}  // namespace coppice::daemon
