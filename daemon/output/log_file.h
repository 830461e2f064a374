// The files behind one log, written. Every method runs on the writing thread, except the constructor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/unique_fd.h"
#include "config/job_spec.h"
#include "daemon/output/index_file.h"
#include "daemon/output/segments.h"

namespace coppice::daemon {

// How many bytes of a stream are kept, and which ones go when there are more.
struct LogCap {
  // At least 8.
  std::uint64_t max = 0;
  config::LogDrop drop = config::LogDrop::oldest;
};

// Neither the directory nor a file exists before the first byte (most jobs write nothing). Segments are made
// exclusively with mode 0600 and written by splice(2) at an explicit offset only: bytes are never in our memory, and
// O_APPEND would be EINVAL. So a death at any instant leaves each byte in the pipe or in a segment, and whoever goes on
// does so behind the last byte of the last segment. What tells the times comes after the bytes and may be missing.
//
// With a cap, oldest first: whole segments go, of an eighth of the cap each, before the next one begins. Newest first:
// what comes once the cap is reached is discarded.
//
// When a segment cannot be made or written (a full disk, EIO, no descriptor left), what comes is discarded and counted,
// and tried again every second: a new segment then begins, whose offset tells of the gap. Nothing is ever put
// next to what it did not follow. A death while bytes are discarded may cost the count those of one splice.
class LogFile {
 public:
  // What a segment holds at most.
  static constexpr std::uint64_t kSegment = 64 << 20;
  // Segments in a log that drops its oldest bytes.
  static constexpr std::uint64_t kParts = 8;
  // From a failure to the next try.
  static constexpr std::chrono::seconds kRetry{1};

  // `null_device` is borrowed and must outlive this. The parent of the directory must exist.
  LogFile(LogPlace place, int null_device, const std::optional<LogCap>& cap);

  // Goes on behind what an earlier life left, and tells what that is. Call before anything else.
  LogRemains recover();

  enum class Pipe { has_more, empty, ended };
  // Moves at most `max` bytes out of the pipe, into one segment at most. has_more: there may be more, which another
  // call takes. empty: a writer is left.
  Pipe take(int pipe, std::size_t max);

  // Makes the first segment if nothing has come yet. False if it cannot be made; then error() says why.
  bool create();

  // No more will be written. What the file system says on close counts as an error of the log.
  void close();

  // Removes the files, and the directory if nothing else is in it.
  void remove();

  // Where the next byte of the pipe is in the stream.
  std::uint64_t position() const { return position_; }
  // Behind the last byte that was kept, and the segments that hold them: where the first begins, and the last.
  std::uint64_t size() const { return segments_.empty() ? 0 : segments_.back().end; }
  std::uint64_t first() const { return segments_.empty() ? 0 : segments_.front().begin; }
  std::uint64_t last() const { return segments_.empty() ? 0 : segments_.back().begin; }
  // Bytes that were not kept, or no longer are.
  std::uint64_t lost() const { return position_ - kept_; }
  // errno of the last failure after which output was discarded; 0 if there was none.
  int error() const { return error_; }

 private:
  bool discards() const;
  bool open_segment();
  bool reopen();
  bool make_segment();
  void skip_surplus(int pipe);
  void make_room(std::uint64_t bytes);
  void drop_first();
  void close_segment();
  ssize_t keep(int pipe, std::size_t max);
  ssize_t discard(int pipe, std::size_t max);
  std::uint64_t room() const;
  void fail(int error);

  LogPlace place_;
  int null_device_;
  std::optional<LogCap> cap_;
  std::uint64_t segment_size_;
  std::deque<Segment> segments_;
  // Of the last segment. The index stays that of the one before until bytes are in it.
  UniqueFd file_;
  IndexFile index_;
  std::uint64_t position_ = 0;
  std::uint64_t kept_ = 0;
  // Somebody may have the first segment open, though it is empty.
  bool made_early_ = false;
  bool removed_ = false;
  int error_ = 0;
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace coppice::daemon
