#include "daemon/register/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

constexpr std::string_view kMagic = "COPPICE REGISTER ";
constexpr std::string_view kVersion = "1\n";
constexpr std::size_t kBootAt = 24;
constexpr std::size_t kBootSize = 36;
constexpr std::size_t kHeaderSize = 64;
using Length = std::uint32_t;

std::array<char, kHeaderSize> make_header(const std::string& boot) {
  std::array<char, kHeaderSize> header{};
  kMagic.copy(header.data(), kMagic.size());
  kVersion.copy(header.data() + kMagic.size(), kVersion.size());
  std::string_view(boot).copy(header.data() + kBootAt, kBootSize);
  return header;
}

ssize_t read_at(int file, void* to, std::size_t size, std::uint64_t at) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(file, static_cast<char*>(to) + done, size - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

std::string check_header(int file, const std::string& path) {
  std::array<char, kHeaderSize> header{};
  const ssize_t size = read_at(file, header.data(), header.size(), 0);
  if (size < 0) throw errno_error("read", path, errno);
  const std::string_view text(header.data(), header.size());
  if (!text.starts_with(kMagic))
    throw SegmentRefused("\"" + path + "\" is no file of the register", false);
  if (text.substr(kMagic.size(), kVersion.size()) != kVersion)
    throw SegmentRefused("\"" + path + "\" was written by another version of coppiced", true);
  return std::string(text.substr(kBootAt, kBootSize));
}

}  // namespace

RegisterSegment::RegisterSegment(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

RegisterSegment RegisterSegment::create(std::string path, const std::string& boot) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) throw errno_error("create", path, errno);
  const auto give_up = [&](const char* call) {
    const int error = errno;
    static_cast<void>(::unlink(path.c_str()));
    throw errno_error(call, path, error);
  };
  // Not every file system can set room aside; one that cannot serves as far as it has some.
  if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(kSize)) != 0 && errno != EOPNOTSUPP)
    give_up("reserve room in");
  const auto header = make_header(boot);
  if (::pwrite(file.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
    give_up("write");
  RegisterSegment segment(std::move(path), std::move(file));
  segment.boot_ = boot;
  segment.size_ = kHeaderSize;
  return segment;
}

RegisterSegment RegisterSegment::open(std::string path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!file) throw errno_error("open", path, errno);
  std::string boot = check_header(file.get(), path);
  RegisterSegment segment(std::move(path), std::move(file));
  segment.boot_ = std::move(boot);
  struct stat status {};
  if (::fstat(segment.file_.get(), &status) != 0) throw errno_error("stat", segment.path_, errno);
  segment.size_ = static_cast<std::uint64_t>(status.st_size);
  return segment;
}

bool RegisterSegment::replay(const std::function<bool(std::span<const std::uint8_t>)>& each) {
  std::vector<std::uint8_t> content(size_ - kHeaderSize);
  const ssize_t got = read_at(file_.get(), content.data(), content.size(), kHeaderSize);
  if (got < 0) throw errno_error("read", path_, errno);
  content.resize(static_cast<std::size_t>(got));
  std::span<const std::uint8_t> rest(content);
  bool sound = true;
  while (!rest.empty()) {
    Length length = 0;
    // Shorter than it says: the writer died in the middle of it.
    if (rest.size() < sizeof length) break;
    std::memcpy(&length, rest.data(), sizeof length);
    if (rest.size() - sizeof length < length) break;
    if (!each(rest.subspan(sizeof length, length))) {
      sound = false;
      break;
    }
    rest = rest.subspan(sizeof length + length);
  }
  size_ = kHeaderSize + content.size() - rest.size();
  if (!rest.empty() && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
    throw errno_error("cut off the end of", path_, errno);
  return sound;
}

void RegisterSegment::append(std::span<const std::uint8_t> record) {
  Length length = static_cast<Length>(record.size());
  iovec parts[2] = {{&length, sizeof length}, {const_cast<std::uint8_t*>(record.data()), record.size()}};
  const auto whole = static_cast<ssize_t>(sizeof length + record.size());
  ssize_t written;
  do {
    written = ::pwritev(file_.get(), parts, 2, static_cast<off_t>(size_));
  } while (written < 0 && errno == EINTR);
  if (written == whole) {
    size_ += static_cast<std::uint64_t>(whole);
    return;
  }
  // A short write to a file is a full one.
  const int error = written < 0 ? errno : ENOSPC;
  static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size_)) == 0);  // the next one goes to the same place
  throw errno_error("write", path_, error);
}

}  // namespace coppice::daemon
