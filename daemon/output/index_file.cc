#include "daemon/output/index_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coppice::daemon {
namespace {

// "CopIndex", read on a little-endian machine.
constexpr std::uint64_t kMagic = 0x7865646e49706f43;
constexpr std::uint32_t kVersion = 1;
constexpr IndexHeader kFresh{kMagic, kVersion, 0, 0, {}};

off_t place_of(std::size_t entry) { return static_cast<off_t>(sizeof(IndexHeader) + entry * sizeof(IndexEntry)); }

bool write_at(int fd, const void* bytes, std::size_t size, off_t offset) {
  ssize_t written;
  do {
    written = ::pwrite(fd, bytes, size, offset);
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(size);
}

// The number of bytes that were there.
std::size_t read_at(int fd, void* bytes, std::size_t size, off_t offset) {
  ssize_t got;
  do {
    got = ::pread(fd, bytes, size, offset);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

UniqueFd open_file(const std::string& path, int flags) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  return UniqueFd(fd);
}

std::int64_t microseconds(config::Time time) { return time.time_since_epoch().count(); }

}  // namespace

void IndexFile::begin(std::string path, std::uint64_t begin) { resume(std::move(path), {begin, begin}, {}); }

void IndexFile::resume(std::string path, const Segment& segment, config::Time last) {
  close();
  path_ = std::move(path);
  segment_ = segment;
  given_up_ = false;
  entries_ = 0;
  last_ = last;
}

bool IndexFile::due(std::uint64_t offset, config::Time now) const {
  if (entries_ == 0) return true;
  // The clock may have been set back.
  if (now >= last_ && now - last_ < kApart) return false;
  return (entries_ + 1) * sizeof(IndexEntry) <= kFree + (offset - segment_.begin) / kPart;
}

bool IndexFile::open() {
  if (file_ || given_up_) return static_cast<bool>(file_);
  if (segment_.end > segment_.begin) open_earlier();
  if (!file_) make();
  given_up_ = !file_;
  return static_cast<bool>(file_);
}

void IndexFile::open_earlier() {
  const IndexReader before(path_);
  const std::size_t whole = before.until(segment_.end - 1);
  if (whole == 0) return;
  file_ = open_file(path_, O_WRONLY);
  if (!file_) return;
  static_cast<void>(::ftruncate(file_.get(), place_of(whole)) == 0);
  entries_ = whole;
  last_ = config::Time(std::chrono::microseconds(before.entry(whole - 1).at));
}

void IndexFile::make() {
  file_ = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC);
  if (file_ && !write_at(file_.get(), &kFresh, sizeof kFresh, 0)) file_.reset();
  if (file_ && segment_.end > segment_.begin) append(segment_.begin, last_);
}

void IndexFile::append(std::uint64_t offset, config::Time now) {
  const IndexEntry entry{offset, microseconds(now)};
  if (!write_at(file_.get(), &entry, sizeof entry, place_of(entries_))) return;
  ++entries_;
  last_ = now;
}

void IndexFile::add(std::uint64_t offset, config::Time now) {
  if (open() && due(offset, now)) append(offset, now);
}

void IndexFile::set_discarded(std::uint64_t discarded, int error) {
  if (path_.empty() || !open()) return;
  IndexHeader header = kFresh;
  header.discarded = discarded;
  header.error = error;
  static_cast<void>(write_at(file_.get(), &header, sizeof header, 0));
}

IndexReader::IndexReader(const std::string& path) : file_(open_file(path, O_RDONLY)) {
  struct stat status {};
  if (!file_ || ::fstat(file_.get(), &status) != 0) return;
  IndexHeader header;
  if (read_at(file_.get(), &header, sizeof header, 0) != sizeof header) return;
  if (header.magic != kMagic || header.version != kVersion) return;
  header_ = header;
  size_ = (static_cast<std::size_t>(status.st_size) - sizeof header) / sizeof(IndexEntry);
}

IndexEntry IndexReader::entry(std::size_t number) const {
  IndexEntry entry;
  static_cast<void>(read_at(file_.get(), &entry, sizeof entry, place_of(number)));
  return entry;
}

std::vector<IndexEntry> IndexReader::entries(std::size_t first, std::size_t most) const {
  std::vector<IndexEntry> entries(std::min(most, size_ - std::min(first, size_)));
  const std::size_t got = read_at(file_.get(), entries.data(), entries.size() * sizeof(IndexEntry), place_of(first));
  entries.resize(got / sizeof(IndexEntry));
  return entries;
}

std::size_t IndexReader::until(std::uint64_t offset) const {
  std::size_t low = 0, high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry(middle).offset <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::size_t IndexReader::since(config::Time time) const {
  std::size_t low = 0, high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry(middle).at < microseconds(time))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace coppice::daemon
