// When the bytes of one segment came, on disk: a header, then entries in the order of their offsets.
//
// Numbers are those of this machine, for the files never leave it. A reader takes a file of another version, or a
// damaged one, for an empty one: the times are lost then and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "base/unique_fd.h"
#include "config/job.h"
#include "daemon/output/segments.h"

namespace coppice::daemon {

struct IndexHeader {
  std::uint64_t magic = 0;
  std::uint32_t version = 0;
  std::int32_t error = 0;
  // Bytes of the stream behind the segment that were not kept, and `error` says why: 0 for the cap. Only that of the
  // last segment counts: the gap before a later one tells by itself.
  std::uint64_t discarded = 0;
  std::uint64_t reserved[5] = {};
};
static_assert(sizeof(IndexHeader) == 64 && std::is_trivially_copyable_v<IndexHeader>);

// The bytes from `offset` of the stream on came at `at`, microseconds since the epoch.
struct IndexEntry {
  std::uint64_t offset = 0;
  std::int64_t at = 0;
};
static_assert(sizeof(IndexEntry) == 16 && std::is_trivially_copyable_v<IndexEntry>);

// Writes the index of one segment. No failure is reported: times get coarser, and that is all. The file is made with
// the first entry, and stays open until close().
class IndexFile {
 public:
  // Apart in time at least, so that a busy log costs next to nothing: what comes sooner has the time of the last entry.
  static constexpr std::chrono::milliseconds kApart{100};
  // It may have this many bytes, and then a quarter of its segment: dots in a row, one every second, have a time
  // each for more than an hour, and lines of 64 bytes for ever.
  static constexpr std::uint64_t kFree = 64 << 10;
  static constexpr std::uint64_t kPart = 4;

  // From now on it is the index of the segment that begins at `begin`, with the file `path`.
  void begin(std::string path, std::uint64_t begin);
  // The same for a segment that an earlier life wrote up to `end`, at `last`: an entry for later bytes is cut, and so is
  // one that is not whole. If there is none at all, all of it came at `last`.
  void resume(std::string path, const Segment& segment, config::Time last);

  // The bytes from `offset` on came at `now`.
  void add(std::uint64_t offset, config::Time now);
  // Overwrites what was there before, which needs no room on a full disk.
  void set_discarded(std::uint64_t discarded, int error);
  void close() { file_.reset(); }

 private:
  bool due(std::uint64_t offset, config::Time now) const;
  bool open();
  void open_earlier();
  void make();
  void append(std::uint64_t offset, config::Time now);

  std::string path_;
  UniqueFd file_;
  // It cannot be opened: tried once.
  bool given_up_ = false;
  Segment segment_;
  std::uint64_t entries_ = 0;
  config::Time last_{};
};

// Reads one. Every method may block.
class IndexReader {
 public:
  explicit IndexReader(const std::string& path);

  // All 0 if there is no file that can be read.
  const IndexHeader& header() const { return header_; }
  std::size_t size() const { return size_; }
  IndexEntry entry(std::size_t number) const;
  std::vector<IndexEntry> entries(std::size_t first, std::size_t most) const;

  // How many entries are for that offset or an earlier one.
  std::size_t until(std::uint64_t offset) const;
  // The first entry that is not earlier than `time`, size() if none is. Taken for sorted by time, which they are
  // unless somebody set the clock back.
  std::size_t since(config::Time time) const;

 private:
  UniqueFd file_;
  IndexHeader header_;
  std::size_t size_ = 0;
};

}  // namespace coppice::daemon
