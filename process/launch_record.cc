#include "process/launch_record.h"

#include <unistd.h>

#include <cerrno>

#include "process/launch.h"

namespace coppice::process {
namespace {

// What most records fit into; a spawner keeps no more than this between launches.
constexpr std::size_t kUsualWords = 32 * 1024 / sizeof(std::uint64_t);

// Whether the flags of each stream fit what it is.
bool files_fit(const RecordFile (&files)[3]) {
  const auto& [input, output, error] = files;
  constexpr std::uint32_t kOfOutputs = kFileAppends | kFileTruncates;
  if (input.flags != 0 || (output.flags & ~kOfOutputs) != 0) return false;
  if (output.path == 0 && output.flags != 0) return false;
  if (error.path != 0) return (error.flags & ~kOfOutputs) == 0;
  return error.flags == 0 || (error.flags == kFileFollows && output.path != 0);
}

// Reads up to `size` bytes from the start; -1 with errno.
ssize_t read_start(int fd, void* to, std::size_t size) {
  while (true) {
    const ssize_t got = ::pread(fd, to, size, 0);
    if (got >= 0 || errno != EINTR) return got;
  }
}

}  // namespace

int LaunchRecord::read(int fd) {
  if (const int error = load(fd); error != 0) return error;
  return check_header() && link() ? 0 : EBADMSG;
}

int LaunchRecord::load(int fd) {
  if (words_.size() != kUsualWords) std::vector<std::uint64_t>(kUsualWords).swap(words_);
  ssize_t got = read_start(fd, words_.data(), words_.size() * sizeof(std::uint64_t));
  if (got < 0) return errno;
  if (static_cast<std::size_t>(got) < sizeof(RecordHeader)) return EBADMSG;

  const std::size_t size = header().size;
  if (size > kMaxRecordSize) return E2BIG;
  if (size > words_.size() * sizeof(std::uint64_t)) {
    words_.resize(size / sizeof(std::uint64_t) + 1);
    got = read_start(fd, words_.data(), size);
    if (got < 0) return errno;
  }
  size_ = static_cast<std::size_t>(got);
  return 0;
}

bool LaunchRecord::check_header() const {
  const RecordHeader& head = header();
  if (head.magic != kRecordMagic || head.size != size_ || !files_fit(head.files)) return false;
  if ((head.flags & ~kRecordFlags) != 0 || (head.umask & ~07777u) != 0) return false;
  if (head.limits > kMaxLimits || head.groups > kMaxGroups) return false;
  if (head.candidates == 0 || head.arguments == 0) return false;
  if (head.cgroup2_mounts > kMaxCgroupMounts || head.cgroup1_mounts > kMaxCgroupMounts) return false;
  if (has(kRecordDelegated) && !has(kRecordSealed)) return false;
  return text(0)[size_ - 1] == '\0';
}

bool LaunchRecord::link() {
  const RecordHeader& head = header();
  // 64-bit sums of 32-bit counts: no overflow.
  const std::uint64_t texts =
      std::uint64_t{head.candidates} + head.arguments + head.environment + head.cgroup2_mounts + head.cgroup1_mounts;
  const std::uint64_t start = sizeof(RecordHeader) +
                              std::uint64_t{head.limits} * sizeof(RecordLimit) +
                              (head.groups + texts) * sizeof(std::uint32_t);
  if (start >= size_) return false;
  if (head.directory == 0 || !check_paths(start)) return false;

  pointers_.clear();
  pointers_.reserve(texts + 5);
  scratch_.resize(head.groups);
  const std::uint32_t* offset = groups().data() + head.groups;
  return append(offset, head.candidates, start) && append(offset, head.arguments, start) &&
         append(offset, head.environment, start) && append(offset, head.cgroup2_mounts, start) &&
         append(offset, head.cgroup1_mounts, start);
}

// Each is absent or an absolute path that lies among the texts.
bool LaunchRecord::check_paths(std::size_t texts) const {
  const RecordHeader& head = header();
  for (const std::uint32_t path : {head.directory, head.root, head.files[0].path, head.files[1].path,
                                   head.files[2].path}) {
    if (path == 0) continue;
    if (path < texts || path >= size_ || *text(path) != '/') return false;
  }
  return true;
}

// Any offset among the texts is a text: the last byte of the file is NUL.
bool LaunchRecord::append(const std::uint32_t*& offset, std::uint32_t count, std::size_t texts) {
  for (std::uint32_t i = 0; i < count; ++i, ++offset) {
    if (*offset < texts || *offset >= size_) return false;
    pointers_.push_back(const_cast<char*>(text(*offset)));
  }
  pointers_.push_back(nullptr);
  return true;
}

std::span<const RecordLimit> LaunchRecord::limits() const {
  return {reinterpret_cast<const RecordLimit*>(data() + sizeof(RecordHeader)), header().limits};
}

std::span<const std::uint32_t> LaunchRecord::groups() const {
  const auto limits_end = limits().data() + header().limits;
  return {reinterpret_cast<const std::uint32_t*>(limits_end), header().groups};
}

}  // namespace coppice::process
