// The terminal of one job: our side of a pty, what it shows, and who looks at it.
//
// What the job writes is read at once, whoever looks: it goes to the job's log, to the screen, and to the
// viewers' queues. Only a log whose disk hangs holds the job up, as it does for a job without a terminal.
// Control thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "config/job_spec.h"
#include "daemon/notifier.h"
#include "daemon/terminal/screen.h"

namespace coppice::daemon {

class Viewer;

class Terminal : public std::enable_shared_from_this<Terminal> {
 public:
  static constexpr std::size_t kMaxViewers = 64;
  // Until the first viewer has come, that much of what was written is kept as it is: a viewer who comes with the
  // job sees it as if it had always been there, and its terminal answers what the program has asked.
  static constexpr std::size_t kBeginning = 64 << 10;

  // A pty for `owner`. `log` is the write end of a pipe and ours alone; without one nothing is logged.
  // Throws std::system_error; ENOSPC when the system has no terminal left.
  static std::shared_ptr<Terminal> open(asio::io_context& io, uid_t owner, config::TerminalSize size,
                                        UniqueFd log);
  // One that an earlier process has opened, by its master. Its screen is blank until something is written.
  static std::shared_ptr<Terminal> take_over(asio::io_context& io, UniqueFd master, UniqueFd log);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // One more descriptor of the slave, for the job. Throws std::system_error.
  UniqueFd slave() const;
  // Borrowed, to be held by somebody who outlives this process.
  int master() { return master_.native_handle(); }
  // Throws std::system_error. Does nothing after the end.
  void resize(config::TerminalSize size);
  // A further viewer, who sees nothing before Viewer::serve(). It gets the keyboard if it wants it and nobody has
  // it, or if it takes it. Null when there are kMaxViewers.
  std::shared_ptr<Viewer> admit(bool wants_keyboard, bool takes_keyboard);

  // Call when the job's tree is empty: takes what is in the pty to the log and the viewers, then hangs up. It
  // waits for no viewer, nor for a process outside the job that still holds the slave; for the log, up
  // to `bound`. How many bytes did not get into the log.
  asio::awaitable<std::uint64_t> drain(std::chrono::milliseconds bound);
  bool ended() const { return !master_.is_open(); }

  // For Viewer. picture: what brings any terminal to what this one shows.
  std::string first_picture();
  std::string picture() const;
  bool has_keyboard(const Viewer& viewer) const { return keyboard_ == &viewer; }
  void leave(const Viewer& viewer);
  // What the one with the keyboard typed: call again only when nothing of it is left().
  void type(std::string_view bytes);
  bool left_to_type() const { return !input_.empty(); }
  Notifier& typed() { return typed_; }

  // Use open().
  Terminal(asio::io_context& io, UniqueFd master, UniqueFd slave, UniqueFd log, config::TerminalSize size);

 private:
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  void watch();
  void readable();
  std::size_t pull();
  void take(std::string_view bytes);
  void show(std::string_view bytes);
  void write_log();
  void write_input();
  void end();

  asio::io_context& io_;
  Descriptor master_;
  // Kept: when the last one is closed the master reports a hang-up for as long as none is opened again.
  UniqueFd slave_;
  Descriptor log_;
  // None after a shortage of memory: later viewers then see what is written from then on.
  std::optional<Screen> screen_;
  std::optional<std::string> beginning_ = std::string();
  std::vector<Viewer*> viewers_;
  const Viewer* keyboard_ = nullptr;
  // Read, and not in the log yet; nothing more is read meanwhile.
  std::string unlogged_;
  std::string input_;
  bool watching_ = false;
  bool dry_ = false;
  Notifier typed_;
  Notifier moved_;
};

}  // namespace coppice::daemon
