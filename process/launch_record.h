// The memory file that carries a Launch, and its reader.
//
// Flat, in the machine's byte order, without pointers:
//
//   RecordHeader
//   RecordLimit  × limits          8-byte aligned, as the header is
//   uint32       × groups          sorted
//   uint32       × (candidates + arguments + environment + cgroup2_mounts + cgroup1_mounts)
//                                  offsets of texts, from the file's start
//   texts, each ended by NUL
//
// The reader copies the file into memory of its own before it looks, checks every count and offset, and
// makes the argv and envp that execve wants, so that the child neither allocates nor checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coppice::process {

struct RecordFile {
  std::uint32_t path;   // offset of its text; zero: none
  std::uint32_t flags;  // kFile…
};

struct RecordHeader {
  std::uint64_t magic;
  std::uint32_t size;   // of the whole file
  std::uint32_t flags;  // kRecord…
  std::uint32_t umask;
  std::int32_t nice;
  std::int32_t oom_score_adjust;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t limits;
  std::uint32_t groups;
  std::uint32_t candidates;
  std::uint32_t arguments;
  std::uint32_t environment;
  std::uint32_t cgroup2_mounts;
  std::uint32_t cgroup1_mounts;
  std::uint32_t directory;  // offset of its text
  std::uint32_t root;       // likewise; zero: none
  RecordFile files[3];      // input, output, error
};
static_assert(sizeof(RecordHeader) == 96);

// "coppice" and the layout's version.
inline constexpr std::uint64_t kRecordMagic = 0x03'65'63'69'70'70'6f'63;

inline constexpr std::uint32_t kRecordCredentials = 1;
inline constexpr std::uint32_t kRecordNice = 2;
inline constexpr std::uint32_t kRecordOomScore = 4;
inline constexpr std::uint32_t kRecordNoNewPrivileges = 8;
inline constexpr std::uint32_t kRecordEnterPenByWrite = 16;
// The controlling terminal, as number of its standard descriptor plus one; 0: none.
inline constexpr std::uint32_t kRecordTerminal = 32 | 64;
inline constexpr unsigned kRecordTerminalShift = 5;
// The view of cgroups: a namespace of its own, which the second makes writable.
inline constexpr std::uint32_t kRecordSealed = 128;
inline constexpr std::uint32_t kRecordDelegated = 256;
inline constexpr std::uint32_t kRecordFlags = 511;

inline constexpr std::uint32_t kFileAppends = 1;
inline constexpr std::uint32_t kFileTruncates = 2;
// Of error alone, and without a path: it shares the open file of output, which has one.
inline constexpr std::uint32_t kFileFollows = 4;

struct RecordLimit {
  std::uint64_t soft;
  std::uint64_t hard;
  std::uint32_t resource;
  std::uint32_t reserved;  // zero
};
static_assert(sizeof(RecordLimit) == 24);

// A record read and checked. Reused from launch to launch by one thread; what it hands out is valid until
// the next read().
class LaunchRecord {
 public:
  // Returns 0, EBADMSG for a malformed record, E2BIG, or the errno of reading. After an error the
  // object holds nothing usable.
  int read(int fd);

  bool has(std::uint32_t flag) const { return (header().flags & flag) != 0; }
  // The standard descriptor of the controlling terminal; -1: none.
  int terminal() const { return static_cast<int>((header().flags & kRecordTerminal) >> kRecordTerminalShift) - 1; }
  const RecordHeader& header() const { return *reinterpret_cast<const RecordHeader*>(data()); }
  std::span<const RecordLimit> limits() const;
  std::span<const std::uint32_t> groups() const;
  const char* directory() const { return text(header().directory); }
  // Null if there is none.
  const char* root() const { return header().root != 0 ? text(header().root) : nullptr; }
  const char* file(int stream) const {
    const std::uint32_t path = header().files[stream].path;
    return path != 0 ? text(path) : nullptr;
  }

  // Ended by a null pointer each, as execve wants them.
  char* const* candidates() const { return pointers_.data(); }
  char* const* arguments() const { return candidates() + header().candidates + 1; }
  char* const* environment() const { return arguments() + header().arguments + 1; }
  char* const* cgroup2_mounts() const { return environment() + header().environment + 1; }
  char* const* cgroup1_mounts() const { return cgroup2_mounts() + header().cgroup2_mounts + 1; }

  // Room for as many groups as the record has, for the child's check that they took effect.
  std::uint32_t* scratch() { return scratch_.data(); }

 private:
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(words_.data()); }
  const char* text(std::uint32_t offset) const {
    return reinterpret_cast<const char*>(data()) + offset;
  }
  int load(int fd);
  bool check_header() const;
  bool check_paths(std::size_t texts) const;
  bool link();
  bool append(const std::uint32_t*& offset, std::uint32_t count, std::size_t texts);

  std::vector<std::uint64_t> words_;  // the file, aligned
  std::size_t size_ = 0;
  std::vector<char*> pointers_;
  std::vector<std::uint32_t> scratch_;
};

}  // namespace coppice::process
