#include "daemon/output/copy_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

constexpr std::uint64_t kStep = 8 << 20;

// On the reading thread but for its making.
class Copying {
 public:
  Copying(LogPlace place, std::vector<Segment> segments) : place_(std::move(place)), segments_(std::move(segments)) {}

  // One piece. An errno; or 0, and then finished() tells whether that was the last.
  int step() {
    if (!to_ && !make()) return errno;
    if (finished()) return reopen();
    Segment& segment = segments_[next_];
    if (!from_ && !open(segment)) return errno == ENOENT ? skip() : errno;
    off64_t offset = static_cast<off64_t>(segment.begin - begin_);
    ssize_t copied;
    do {
      copied = ::copy_file_range(from_.get(), &offset, to_.get(), nullptr, std::min(kStep, segment.end - segment.begin), 0);
    } while (copied < 0 && errno == EINTR);
    if (copied < 0) return errno;
    segment.begin += static_cast<std::uint64_t>(copied);
    // 0: somebody cut it short.
    return copied == 0 || segment.begin == segment.end ? skip() : 0;
  }

  bool finished() const { return next_ == segments_.size(); }
  UniqueFd take() { return std::move(reader_); }

 private:
  bool make() {
    to_.reset(::open(place_.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (to_ || (errno != EOPNOTSUPP && errno != EISDIR)) return static_cast<bool>(to_);
    // A file system without nameless files; should we die here, the name goes with the log.
    std::string path = place_.path() + ".copy-XXXXXX";
    to_.reset(::mkostemp(path.data(), O_CLOEXEC));
    if (to_) static_cast<void>(::unlink(path.c_str()));
    return static_cast<bool>(to_);
  }

  bool open(const Segment& segment) {
    begin_ = segment.begin;
    from_.reset(::open(place_.segment(begin_).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    return static_cast<bool>(from_);
  }

  int skip() {
    from_.reset();
    ++next_;
    return finished() ? reopen() : 0;
  }

  // The client's own cannot write.
  int reopen() {
    reader_.reset(::open(("/proc/self/fd/" + std::to_string(to_.get())).c_str(), O_RDONLY | O_CLOEXEC));
    return reader_ ? 0 : errno;
  }

  LogPlace place_;
  std::vector<Segment> segments_;
  std::size_t next_ = 0;
  std::uint64_t begin_ = 0;
  UniqueFd from_;
  UniqueFd to_;
  UniqueFd reader_;
};

}  // namespace

asio::awaitable<UniqueFd> copy_log(Output& output, LogPlace place, std::vector<Segment> segments) {
  const std::string path = place.path();
  const auto copying = std::make_shared<Copying>(std::move(place), std::move(segments));
  do {
    auto work = [copying] { return copying->step(); };
    auto running = run_on(output.reading(), output.control(), std::move(work));
    const int error = co_await std::move(running);
    if (error != 0) throw errno_error("copy log", path, error);
  } while (!copying->finished());
  co_return copying->take();
}

}  // namespace coppice::daemon
