#include "daemon/output/open_log.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "daemon/output/run_on.h"

namespace coppice::daemon {
namespace {

// A value, or the errno that came instead.
template <class Value>
struct Outcome {
  Value value;
  int error = 0;
};

Outcome<UniqueFd> open_blocking(const std::string& path) {
  int fd;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  const int error = fd < 0 ? errno : 0;
  return {UniqueFd(fd), error};
}

Outcome<std::string> read_at(int fd, std::uint64_t offset, std::size_t max, int flags) {
  Outcome<std::string> outcome;
  outcome.value.resize(max);
  iovec to{outcome.value.data(), max};
  ssize_t got;
  do {
    got = ::preadv2(fd, &to, 1, static_cast<off64_t>(offset), flags);
  } while (got < 0 && errno == EINTR);
  if (got < 0) outcome.error = errno;
  outcome.value.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return outcome;
}

}  // namespace

asio::awaitable<UniqueFd> open_log(Output& output, std::string path) {
  auto work = [path] { return open_blocking(path); };
  auto running = run_on(output.reading(), output.control(), std::move(work));
  Outcome<UniqueFd> opened = co_await std::move(running);
  if (opened.error != 0) throw errno_error("open log", path, opened.error);
  co_return std::move(opened.value);
}

asio::awaitable<std::string> read_log(Output& output, int fd, std::string path,
                                      std::uint64_t offset, std::size_t max) {
  Outcome<std::string> got = read_at(fd, offset, max, RWF_NOWAIT);
  // Not in memory (EAGAIN), or a file system that cannot tell: the other thread may block on it.
  if (got.error == EAGAIN || got.error == EOPNOTSUPP) {
    UniqueFd own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!own) throw errno_error("duplicate log", path, errno);
    auto work = [own = std::move(own), offset, max] { return read_at(own.get(), offset, max, 0); };
    auto running = run_on(output.reading(), output.control(), std::move(work));
    got = co_await std::move(running);
  }
  if (got.error != 0) throw errno_error("read log", path, got.error);
  co_return std::move(got.value);
}

}  // namespace coppice::daemon
