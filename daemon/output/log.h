// One stream of what a job wrote, as the control thread knows it: how much, from when, and whether
// more can come.
//
// The bytes are in a file that the writing thread makes when the first one comes (log_file.h) and
// that others read (follow.h). All of this runs on the control thread. Hold a Log by shared_ptr for as
// long as the job is known; it keeps no descriptor open.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "config/job.h"
#include "daemon/notifier.h"
#include "daemon/output/log_file.h"
#include "daemon/output/log_index.h"
#include "daemon/output/output.h"

namespace coppice::daemon {

class Log {
 public:
  // How the stream ended.
  struct End {
    // End of file was seen and every byte is in the file. Not so when a process outside the job still
    // held the pipe (error 0), or when output was lost (error says why).
    bool complete = false;
    // Bytes that are known to be lost.
    std::uint64_t discarded = 0;
    // errno; ETIMEDOUT: the disk did not take the rest within the bound of drain().
    int error = 0;
  };

  // The file will be `directory`/`name`. `directory` belongs to the job, may be shared by its streams
  // and is made when needed; its parent must exist.
  Log(Output& output, std::string directory, std::string name);

  // Bytes that can be read now.
  std::uint64_t size() const { return size_; }
  bool ended() const { return ended_; }
  const End& end() const { return end_; }

  // An offset as ReadLog has it: a negative one counts from the present end, at most back to 0.
  std::uint64_t position(std::int64_t offset) const;

  // When bytes came last, those included that were lost, by a clock that nobody sets; that clock's epoch while none have.
  std::chrono::steady_clock::time_point last_output() const { return last_output_; }

  // When the byte at `offset` was captured.
  config::Time time_at(std::uint64_t offset) const { return index_.at(offset); }

  // Returns when size() > offset or the log has ended. Any number may wait. Throws operation_aborted
  // when cancelled. The caller holds the Log meanwhile.
  asio::awaitable<void> wait_growth(std::uint64_t offset);
  asio::awaitable<void> wait_end();

  // A read-only descriptor of a fresh open file description, for a client: what it does to flags and
  // offset cannot touch ours. Makes the file if nothing has come. Throws std::system_error.
  asio::awaitable<UniqueFd> open_afresh();

  // Removes the file, in the background. The log must have ended. Files that are open stay readable.
  void remove();

  std::string path() const { return file_->path(); }
  Output& output() const { return output_; }

  // For Capture. expect_file: from now on there may be a file to remove. A size that does not exceed
  // the present one (what came was lost) changes nothing but last_output(), and nothing changes after the end.
  void expect_file() { may_have_file_ = true; }
  void grew(std::uint64_t size, config::Time at);
  void finish(const End& end);
  const std::shared_ptr<LogFile>& file() const { return file_; }

 private:
  Output& output_;
  std::shared_ptr<LogFile> file_;
  std::uint64_t size_ = 0;
  std::chrono::steady_clock::time_point last_output_;
  bool may_have_file_ = false;
  // Made for a reader before the first byte came: nobody else would close it.
  bool made_early_ = false;
  bool ended_ = false;
  End end_;
  LogIndex index_;
  Notifier changed_;
};

}  // namespace coppice::daemon
