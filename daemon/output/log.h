// One stream of what a job wrote, as the control thread knows it: how much, from when, and whether
// more can come.
//
// The bytes are in files that the writing thread makes when the first one comes (log_file.h) and
// that others read (follow.h). All of this runs on the control thread. Hold a Log by shared_ptr for as
// long as the job is known; it keeps no descriptor open.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "config/job.h"
#include "daemon/notifier.h"
#include "daemon/output/log_file.h"
#include "daemon/output/log_index.h"
#include "daemon/output/output.h"
#include "daemon/output/segments.h"

namespace coppice::daemon {

class Log : public std::enable_shared_from_this<Log> {
 public:
  // How the stream ended.
  struct End {
    // End of file was seen and every byte is in the files. Not so when a process outside the job still
    // held the pipe (error 0, none discarded), or when output was lost.
    bool complete = false;
    // Bytes that are known to be lost.
    std::uint64_t discarded = 0;
    // errno of why, 0 for the cap alone; ETIMEDOUT: the disk did not take the rest within the bound of drain().
    int error = 0;
  };

  // What is known of the segments after bytes came, those included that were lost: the first that is kept, and the last
  // with its end.
  struct Growth {
    std::uint64_t first = 0;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    config::Time at{};
  };

  // The files will be `directory`/`name`.*. `directory` belongs to the job, may be shared by its streams
  // and is made when needed; its parent must exist.
  Log(Output& output, std::string directory, std::string name, const std::optional<LogCap>& cap = std::nullopt);

  // One that has ended, with what is on disk: nothing if nothing is. The disk is looked at when it is first asked for;
  // call ready() before size(), position() and the like.
  static std::shared_ptr<Log> recall(Output& output, std::string directory, std::string name);

  // Returns when it is known what an earlier life left; at once for a log of this life. Throws operation_aborted when
  // cancelled. The caller holds the Log meanwhile.
  asio::awaitable<void> ready();
  bool known() const { return state_ == State::known; }

  // The offset in the stream behind the last byte that can be read now.
  std::uint64_t size() const { return size_; }
  bool ended() const { return ended_; }
  const End& end() const { return end_; }

  // What can be read, in order.
  const std::vector<Segment>& segments() const { return segments_; }
  // The one with the byte at `offset`, else the next one behind it.
  std::optional<Segment> segment_at(std::uint64_t offset) const;
  // Segments may vanish while they are read.
  bool loses_segments() const { return !ended_ && cap_ && cap_->drop == config::LogDrop::oldest; }

  // An offset as ReadLog has it: a negative one counts from the present end, at most back to the first byte.
  std::uint64_t position(std::int64_t offset) const;

  // When bytes came last, those included that were lost, by a clock that nobody sets; that clock's epoch while none have.
  std::chrono::steady_clock::time_point last_output() const { return last_output_; }

  // What this life saw of when bytes were captured. The rest is on disk (times.h).
  const LogIndex& index() const { return index_; }

  // Returns when size() > offset or the log has ended. Any number may wait. Throws operation_aborted
  // when cancelled. The caller holds the Log meanwhile.
  asio::awaitable<void> wait_growth(std::uint64_t offset);
  asio::awaitable<void> wait_end();

  // A read-only descriptor of a fresh open file description, for a client: what it does to flags and
  // offset cannot touch ours. Makes the file if nothing has come. Of a log of several segments it is a copy of what is
  // there now, in a file without a name (copy_log.h). Throws std::system_error.
  asio::awaitable<UniqueFd> open_afresh();

  // Removes the files, in the background. The log must have ended. Files that are open stay readable.
  void remove();

  const LogPlace& place() const { return place_; }
  std::string path() const { return place_.path(); }
  Output& output() const { return output_; }
  // The thread that makes, writes and removes its files.
  asio::io_context& writing() const { return writing_; }

  // For Capture. expect_file: from now on there may be a file to remove. resume: goes on with what an earlier life left;
  // before anything else. Growth that does not exceed the present size (what came was lost) changes nothing but
  // last_output(), and nothing changes after the end, but that give_up() makes a log known that is not.
  void expect_file() { may_have_file_ = true; }
  void resume();
  void give_up();
  void grew(const Growth& growth);
  void finish(const End& end);
  // Made when it is first asked for: most of a silent job's log would be that.
  const std::shared_ptr<LogFile>& file();

 private:
  enum class State { known, unknown, asked };

  void ask();
  void recovered(const LogRemains& remains);

  Output& output_;
  asio::io_context& writing_;
  LogPlace place_;
  std::optional<LogCap> cap_;
  std::shared_ptr<LogFile> file_;
  State state_ = State::known;
  std::vector<Segment> segments_;
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
