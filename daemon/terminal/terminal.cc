#include "daemon/terminal/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "daemon/alarm.h"
#include "daemon/terminal/pty.h"
#include "daemon/terminal/viewer.h"

namespace coppice::daemon {
namespace {

// What one turn reads at most.
constexpr std::size_t kPiece = 16 << 10;
// More than the kernel keeps of a pty: what comes after it was written after the job's end.
constexpr std::size_t kDrainMost = 256 << 10;

// The descriptor throws before it owns anything.
template <typename Descriptor>
void give(Descriptor& descriptor, UniqueFd fd) {
  descriptor.assign(fd.get());
  static_cast<void>(fd.release());
}

void unblock(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) throw errno_error("fcntl", "the pipe of a log", errno);
}

}  // namespace

std::shared_ptr<Terminal> Terminal::open(asio::io_context& io, uid_t owner, config::TerminalSize size,
                                         UniqueFd log) {
  Pty pty = open_pty(owner, size);
  auto terminal = std::make_shared<Terminal>(io, std::move(pty.master), std::move(pty.slave), std::move(log), size);
  terminal->watch();
  return terminal;
}

std::shared_ptr<Terminal> Terminal::take_over(asio::io_context& io, UniqueFd master, UniqueFd log) {
  const config::TerminalSize size = size_of(master.get());
  UniqueFd slave = open_slave(master.get());
  auto terminal = std::make_shared<Terminal>(io, std::move(master), std::move(slave), std::move(log), size);
  // What was written before is not known here.
  terminal->beginning_.reset();
  terminal->watch();
  return terminal;
}

Terminal::Terminal(asio::io_context& io, UniqueFd master, UniqueFd slave, UniqueFd log, config::TerminalSize size)
    : io_(io), master_(io), slave_(std::move(slave)), log_(io), typed_(io), moved_(io) {
  screen_.emplace(size);
  // A handler has nobody to tell of a shortage.
  unlogged_.reserve(kPiece);
  give(master_, std::move(master));
  if (!log) return;
  unblock(log.get());
  give(log_, std::move(log));
}

Terminal::~Terminal() { end(); }

UniqueFd Terminal::slave() const {
  UniqueFd copy(::fcntl(slave_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw errno_error("duplicate", "a terminal", errno);
  return copy;
}

void Terminal::resize(config::TerminalSize size) {
  if (ended()) return;
  if (screen_) screen_->resize(size);
  set_size(master_.native_handle(), size);
}

std::shared_ptr<Viewer> Terminal::admit(bool wants_keyboard, bool takes_keyboard) {
  if (viewers_.size() >= kMaxViewers) return nullptr;
  viewers_.reserve(viewers_.size() + 1);
  auto viewer = std::make_shared<Viewer>(io_, shared_from_this());
  viewers_.push_back(viewer.get());
  if (takes_keyboard || (wants_keyboard && !keyboard_)) keyboard_ = viewer.get();
  return viewer;
}

void Terminal::leave(const Viewer& viewer) {
  std::erase(viewers_, &viewer);
  if (keyboard_ == &viewer) keyboard_ = nullptr;
}

std::string Terminal::first_picture() {
  if (!beginning_) return picture();
  std::string beginning = std::move(*beginning_);
  beginning_.reset();
  return beginning;
}

std::string Terminal::picture() const { return screen_ ? screen_->snapshot() : std::string(); }

void Terminal::watch() {
  if (watching_ || !unlogged_.empty() || ended()) return;
  watching_ = true;
  master_.async_wait(asio::posix::descriptor_base::wait_read,
                     [weak = weak_from_this()](const std::error_code& error) {
                       if (error) return;
                       if (const auto self = weak.lock()) self->readable();
                     });
}

void Terminal::readable() {
  watching_ = false;
  pull();
  watch();
}

// Reads one piece; how long it was.
std::size_t Terminal::pull() {
  if (ended() || !unlogged_.empty()) return 0;
  std::array<char, kPiece> piece;
  const ssize_t size = ::read(master_.native_handle(), piece.data(), piece.size());
  if (size <= 0) {
    dry_ = size == 0 || errno != EINTR;
    return 0;
  }
  take({piece.data(), static_cast<std::size_t>(size)});
  return static_cast<std::size_t>(size);
}

void Terminal::take(std::string_view bytes) {
  // First, for it is what must not be lost.
  if (log_.is_open()) {
    unlogged_.assign(bytes);
    write_log();
  }
  show(bytes);
}

void Terminal::show(std::string_view bytes) {
  if (beginning_ && beginning_->size() + bytes.size() > kBeginning) beginning_.reset();
  try {
    if (beginning_) beginning_->append(bytes);
    if (screen_) screen_->feed(bytes);
  } catch (const std::bad_alloc&) {
    beginning_.reset();
    screen_.reset();
  }
  for (Viewer* viewer : viewers_) viewer->show(bytes);
}

void Terminal::write_log() {
  while (!unlogged_.empty()) {
    const ssize_t size = ::write(log_.native_handle(), unlogged_.data(), unlogged_.size());
    if (size >= 0) {
      unlogged_.erase(0, static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      log_.async_wait(asio::posix::descriptor_base::wait_write,
                      [weak = weak_from_this()](const std::error_code& error) {
                        const auto self = weak.lock();
                        if (error || !self || !self->log_.is_open()) return;
                        self->write_log();
                        self->watch();
                        self->moved_.notify_all();
                      });
      return;
    } else if (errno != EINTR) {
      // Nobody takes it any more (EPIPE): the log has been given up.
      std::error_code ignored;
      log_.close(ignored);
      unlogged_.clear();
    }
  }
}

void Terminal::type(std::string_view bytes) {
  if (ended()) return;
  input_.append(bytes);
  write_input();
}

void Terminal::write_input() {
  while (!input_.empty() && !ended()) {
    const ssize_t size = ::write(master_.native_handle(), input_.data(), input_.size());
    if (size > 0) {
      input_.erase(0, static_cast<std::size_t>(size));
    } else if (size == 0 || errno == EAGAIN) {
      master_.async_wait(asio::posix::descriptor_base::wait_write,
                         [weak = weak_from_this()](const std::error_code& error) {
                           const auto self = weak.lock();
                           if (!error && self) self->write_input();
                         });
      return;
    } else if (errno != EINTR) {
      input_.clear();
    }
  }
  typed_.notify_all();
}

asio::awaitable<std::uint64_t> Terminal::drain(std::chrono::milliseconds bound) {
  Alarm late(io_, moved_);
  late.set(bound);
  dry_ = false;
  for (std::size_t taken = 0; !late.gone_off();) {
    if (!unlogged_.empty()) {
      co_await moved_.wait();
      continue;
    }
    if (dry_ || taken >= kDrainMost) break;
    taken += pull();
  }
  const std::uint64_t lost = unlogged_.size();
  end();
  co_return lost;
}

void Terminal::end() {
  std::error_code ignored;
  if (master_.is_open()) master_.close(ignored);
  if (log_.is_open()) log_.close(ignored);
  slave_.reset();
  unlogged_.clear();
  input_.clear();
  typed_.notify_all();
  for (Viewer* viewer : viewers_) viewer->end();
}

}  // namespace coppice::daemon
