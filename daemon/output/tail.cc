#include "daemon/output/tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

constexpr std::uint64_t kStep = 256 << 10;

// On the reading thread but for its making.
class TailSearch {
 public:
  TailSearch(const Log& log, std::uint64_t lines)
      : place_(log.place()), segments_(log.segments()), size_(log.size()), begin_(size_), lines_(lines) {}

  // One step back; the answer once it is found.
  std::optional<std::uint64_t> step() {
    if (lines_ == 0 || segments_.empty()) return begin_;
    const Segment& segment = segments_.back();
    if (!file_) file_.reset(::open(place_.segment(segment.begin).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    const std::uint64_t from = segment.end - std::min(kStep, segment.end - segment.begin);
    const std::string bytes = read(segment, from);
    // It was dropped, and all before it; or somebody cut it short.
    if (bytes.size() < segment.end - from) return begin_;
    for (std::size_t at = bytes.size(); at > 0; --at) {
      // The one at the very end ends the last line.
      if (bytes[at - 1] != '\n' || from + at == size_) continue;
      if (--lines_ == 0) return from + at;
    }
    begin_ = from;
    leave(from);
    return std::nullopt;
  }

 private:
  std::string read(const Segment& segment, std::uint64_t from) const {
    std::string bytes(segment.end - from, '\0');
    ssize_t got;
    do {
      got = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(from - segment.begin));
    } while (got < 0 && errno == EINTR);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }

  void leave(std::uint64_t from) {
    segments_.back().end = from;
    if (from > segments_.back().begin) return;
    segments_.pop_back();
    file_.reset();
  }

  LogPlace place_;
  std::vector<Segment> segments_;
  std::uint64_t size_;
  // All behind it belongs to the last lines.
  std::uint64_t begin_;
  std::uint64_t lines_;
  UniqueFd file_;
};

}  // namespace

asio::awaitable<std::uint64_t> find_tail(std::shared_ptr<Log> log, std::uint64_t lines) {
  const auto search = std::make_shared<TailSearch>(*log, lines);
  for (;;) {
    auto work = [search] { return search->step(); };
    auto running = run_on(log->output().reading(), log->output().control(), std::move(work));
    const std::optional<std::uint64_t> found = co_await std::move(running);
    if (found) co_return *found;
  }
}

}  // namespace coppice::daemon
