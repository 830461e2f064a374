// One stream of a job on its way into the journal, line by line, as the control thread knows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "daemon/journal/journal.h"
#include "daemon/journal/pump.h"

namespace coppice::daemon {

// Control thread only. When destroyed before it has ended, it ends what is there.
class JournalStream {
 public:
  // Takes the read end of a pipe, which becomes non-blocking and is ours alone, and begins. `common` are the fields that
  // each line gets (entry.h). Throws std::system_error for a shortage.
  JournalStream(Journal& journal, UniqueFd pipe, std::string common);
  ~JournalStream();
  JournalStream(const JournalStream&) = delete;
  JournalStream& operator=(const JournalStream&) = delete;

  // Call when the job's tree is empty. Takes what is in the pipe now, then closes it, whoever still holds the other end.
  // Returns the bytes that the journal did not get; after `bound` at the latest. Throws operation_aborted when
  // cancelled; the stream ends all the same. The caller holds this meanwhile.
  asio::awaitable<std::uint64_t> drain(std::chrono::milliseconds bound);
  // Borrowed: the read end of the pipe; -1 once it is closed. Only when the journal's thread has been halted.
  int pipe() { return pump_->pipe(); }

 private:
  Journal& journal_;
  std::shared_ptr<JournalEnd> end_;
  std::shared_ptr<JournalPump> pump_;
};

}  // namespace coppice::daemon
