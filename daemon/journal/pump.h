// Moves what comes out of one pipe into the journal, on the journal's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>

#include "base/unique_fd.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/line_splitter.h"
#include "daemon/notifier.h"

namespace coppice::daemon {

// What the control thread is told; for that thread only.
struct JournalEnd {
  explicit JournalEnd(asio::io_context& control) : changed(control) {}
  bool reached = false;
  // Bytes that the journal did not get.
  std::uint64_t lost = 0;
  Notifier changed;
};

class JournalPump : public std::enable_shared_from_this<JournalPump> {
 public:
  // Control thread. Throws std::system_error if the pipe cannot be watched. From start() to its end it keeps itself
  // alive.
  JournalPump(Journal& journal, UniqueFd pipe, std::string common, std::shared_ptr<JournalEnd> end);

  // Any thread; each only posts. drain: takes what is in the pipe at that moment and then closes it.
  void start();
  void drain();
  // Borrowed: the read end; -1 once it is closed. Only when the thread has been halted.
  int pipe() { return finished_ ? -1 : pipe_.native_handle(); }

 private:
  enum class Pipe { has_more, empty, ended };

  void watch();
  void turn();
  Pipe take(std::size_t max);
  void begin_drain();
  void finish();
  void send(std::string_view line);

  Journal& journal_;
  asio::io_context& thread_;
  const std::string common_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> pipe_;
  LineSplitter lines_;
  // Only carried; goes back to the control thread with the last message.
  std::shared_ptr<JournalEnd> end_;
  std::uint64_t lost_ = 0;
  bool waiting_ = false;
  bool draining_ = false;
  bool finished_ = false;
  // What draining has still to take.
  std::size_t left_ = 0;
};

}  // namespace coppice::daemon
