#include "daemon/output/log_file.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/output/pipe.h"

namespace coppice::daemon {
namespace {

// What one splice moves at most. It is more than any pipe of ours holds.
constexpr std::size_t kPiece = 1 << 20;

ssize_t splice_piece(int pipe, int to, off64_t* offset, std::size_t max) {
  ssize_t moved;
  do {
    moved = ::splice(pipe, nullptr, to, offset, std::min(max, kPiece),
                     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (moved < 0 && errno == EINTR);
  return moved;
}

int create_directory(const std::string& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

UniqueFd open_log_file(const std::string& path, int flags) {
  int fd;
  do {
    fd = ::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
  } while (fd < 0 && errno == EINTR);
  return UniqueFd(fd);
}

config::Time now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

bool drops_oldest(const std::optional<LogCap>& cap) { return cap && cap->drop == config::LogDrop::oldest; }

std::uint64_t size_of_segments(const std::optional<LogCap>& cap) {
  if (!drops_oldest(cap)) return LogFile::kSegment;
  return std::clamp<std::uint64_t>(cap->max / LogFile::kParts, 1, LogFile::kSegment);
}

}  // namespace

LogFile::LogFile(LogPlace place, int null_device, const std::optional<LogCap>& cap)
    : place_(std::move(place)), null_device_(null_device), cap_(cap), segment_size_(size_of_segments(cap)) {}

LogRemains LogFile::recover() {
  LogRemains remains = find_remains(place_);
  auto& segments = remains.segments;
  if (segments.empty()) return remains;
  if (segments.size() > 1 && segments.back().begin == segments.back().end) {
    // It was begun behind a gap, and nothing came.
    const Segment before = segments[segments.size() - 2];
    remains.discarded = segments.back().begin - before.end;
    static_cast<void>(::unlink(place_.segment(segments.back().begin).c_str()));
    segments.pop_back();
  }
  segments_.assign(segments.begin(), segments.end());
  for (const Segment& segment : segments_) kept_ += segment.end - segment.begin;
  position_ = segments_.back().end + remains.discarded;
  error_ = remains.error;
  index_.resume(place_.index(last()), segments_.back(), remains.last);
  // Some reader of the earlier life may have it.
  made_early_ = position_ == 0;
  return remains;
}

LogFile::Pipe LogFile::take(int pipe, std::size_t max) {
  const std::uint64_t before = position_;
  while (max > 0) {
    bool keeps = !discards();
    if (keeps && (!file_ || room() == 0)) {
      // A turn is told as growth of one segment.
      if (position_ != before) return Pipe::has_more;
      // No file for what may never come.
      const PipeState state = position_ == 0 ? PipeState{true, false} : look_into(pipe);
      if (!state.readable) return state.at_end ? Pipe::ended : Pipe::empty;
      skip_surplus(pipe);
      keeps = open_segment();
    }
    const ssize_t moved = keeps ? keep(pipe, max) : discard(pipe, max);
    if (moved == 0) return Pipe::ended;
    if (moved < 0) {
      const int error = errno;
      if (error == EAGAIN) return Pipe::empty;
      // Nothing left the pipe; the same bytes are discarded in the next round.
      if (!keeps) return Pipe::ended;
      fail(error);
      continue;
    }
    max -= std::min(max, static_cast<std::size_t>(moved));
  }
  return Pipe::has_more;
}

bool LogFile::discards() const {
  if (removed_) return true;
  if (cap_ && cap_->drop == config::LogDrop::newest && kept_ >= cap_->max) return true;
  return !file_ && error_ != 0 && std::chrono::steady_clock::now() < next_try_;
}

std::uint64_t LogFile::room() const {
  const std::uint64_t segment = segment_size_ - std::min(segment_size_, size() - last());
  return cap_ && !drops_oldest(cap_) ? std::min(segment, cap_->max - kept_) : segment;
}

ssize_t LogFile::keep(int pipe, std::size_t max) {
  Segment& segment = segments_.back();
  off64_t offset = static_cast<off64_t>(segment.end - segment.begin);
  const ssize_t moved = splice_piece(pipe, file_.get(), &offset, std::min<std::uint64_t>(max, room()));
  if (moved <= 0) return moved;
  if (segment.end == segment.begin) index_.begin(place_.index(segment.begin), segment.begin);
  index_.add(segment.end, now());
  segment.end += static_cast<std::uint64_t>(moved);
  position_ = segment.end;
  kept_ += static_cast<std::uint64_t>(moved);
  return moved;
}

ssize_t LogFile::discard(int pipe, std::size_t max) {
  // Should we die in between, what comes later is not glued to what is there.
  const bool first = position_ == size();
  if (first) index_.set_discarded(1, error_);
  const ssize_t moved = splice_piece(pipe, null_device_, nullptr, max);
  const int error = errno;
  if (moved > 0) position_ += static_cast<std::uint64_t>(moved);
  if (moved > 0 || first) index_.set_discarded(position_ - size(), error_);
  errno = error;
  return moved;
}

// Behind the last byte of the last segment if nothing is lost in between, else in a new one.
bool LogFile::open_segment() {
  const bool goes_on = !segments_.empty() && !file_ && position_ == size() && room() > 0;
  make_room(goes_on ? room() : segment_size_);
  return goes_on ? reopen() : make_segment();
}

bool LogFile::reopen() {
  file_ = open_log_file(place_.segment(last()), 0);
  if (!file_) fail(errno);
  return static_cast<bool>(file_);
}

bool LogFile::make_segment() {
  close_segment();
  if (const int error = create_directory(place_.directory)) {
    fail(error);
    return false;
  }
  file_ = open_log_file(place_.segment(position_), O_CREAT | O_EXCL);
  if (!file_) {
    fail(errno);
    return false;
  }
  segments_.push_back({position_, position_});
  return true;
}

// Bytes that would be pushed out at once by those that are in the pipe behind them cost no file.
void LogFile::skip_surplus(int pipe) {
  if (!drops_oldest(cap_)) return;
  int there = 0;
  static_cast<void>(::ioctl(pipe, FIONREAD, &there));
  std::uint64_t surplus = there > 0 ? static_cast<std::uint64_t>(there) : 0;
  surplus -= std::min(surplus, cap_->max);
  while (surplus > 0) {
    const ssize_t moved = discard(pipe, surplus);
    if (moved <= 0) return;
    surplus -= static_cast<std::uint64_t>(moved);
  }
}

void LogFile::make_room(std::uint64_t bytes) {
  if (!drops_oldest(cap_)) return;
  while (!segments_.empty() && kept_ + bytes > cap_->max) drop_first();
}

void LogFile::drop_first() {
  const Segment& segment = segments_.front();
  // Somebody else may have removed them.
  static_cast<void>(::unlink(place_.segment(segment.begin).c_str()));
  static_cast<void>(::unlink(place_.index(segment.begin).c_str()));
  kept_ -= segment.end - segment.begin;
  segments_.pop_front();
}

bool LogFile::create() {
  if (!segments_.empty()) return true;
  if (removed_ || position_ > 0 || !make_segment()) return false;
  made_early_ = true;
  return true;
}

void LogFile::fail(int error) {
  error_ = error;
  next_try_ = std::chrono::steady_clock::now() + kRetry;
  file_.reset();
  if (segments_.empty() || size() > last() || (made_early_ && last() == 0)) return;
  // Nothing came into it.
  static_cast<void>(::unlink(place_.segment(last()).c_str()));
  segments_.pop_back();
}

void LogFile::close() {
  close_segment();
  index_.close();
}

void LogFile::close_segment() {
  if (!file_) return;
  // Network file systems tell only here that something was not written.
  if (::close(file_.release()) != 0 && errno != EINTR) error_ = errno;
}

void LogFile::remove() {
  close();
  removed_ = true;
  remove_log(place_);
}

}  // namespace coppice::daemon
