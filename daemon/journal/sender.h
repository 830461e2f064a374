// The socket to the journal. One thread, which may block for the patience of this class; for nothing else.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace coppice::daemon {

class JournalSender {
 public:
  // How long a journal that takes nothing is waited for, once.
  static constexpr std::chrono::milliseconds kPatience{2000};

  // Where journald listens: "/run/systemd/journal/socket", or that of a namespace.
  explicit JournalSender(std::string path) : path_(std::move(path)) {}

  // 0 once the journal has the entry, else errno, and the entry is lost. One that is too big for a datagram goes as a
  // sealed memory file. A journal that was started anew is found again.
  int send(std::string_view entry);

  // 0 if somebody listens at `path`, else errno. Any thread; does not block.
  static int probe(const std::string& path);

 private:
  int try_send(std::string_view entry);
  int await_room(std::string_view entry);

  const std::string path_;
  UniqueFd socket_;
  // It took nothing the last time, and was waited for.
  bool stalled_ = false;
};

}  // namespace coppice::daemon
