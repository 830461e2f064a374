#include "cli/predecessor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "base/unique_fd.h"
#include "cli/output.h"

namespace coppice::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A wait that nobody notices.
constexpr std::chrono::milliseconds kSilent(1000);
// coppiced takes 30 s for its jobs and 2 s for its clients at most.
constexpr std::chrono::milliseconds kLongest(40'000);
// Between two looks at the lock.
constexpr std::chrono::milliseconds kLongestPause(100);

// coppiced locks this file (flock) as long as it uses the directory, and writes its pid into it.
UniqueFd open_lock(const std::string& state_directory) {
  const std::string path = state_directory + "/lock";
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

// Trying takes the lock for an instant; only another starter could stumble over that, and starters hold a
// lock of their own.
bool held(int lock) {
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  static_cast<void>(::flock(lock, LOCK_UN));  // closing would do it too
  return false;
}

pid_t holder(int lock) {
  char text[32];
  const ssize_t size = ::pread(lock, text, sizeof text, 0);
  pid_t pid = 0;
  if (size > 0) static_cast<void>(std::from_chars(text, text + size, pid));  // 0 if it is no number
  return pid;
}

// True once the process is gone.
bool await_gone(int pidfd, std::chrono::milliseconds bound) {
  const Clock::time_point deadline = Clock::now() + bound;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd polled{pidfd, POLLIN, 0};
    const int ready = ::poll(&polled, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

// The keeper outlives the supervisor (-1 if that has gone by now) by a little and holds the directory too; of a lock that
// is let go nothing tells.
bool ends(int pidfd, int lock, std::chrono::milliseconds bound) {
  const Clock::time_point deadline = Clock::now() + bound;
  if (pidfd >= 0 && !await_gone(pidfd, bound)) return false;
  for (std::chrono::milliseconds pause(1); held(lock); pause = std::min(2 * pause, kLongestPause)) {
    if (Clock::now() >= deadline) return false;
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(pause.count())));
  }
  return true;
}

}  // namespace

void await_predecessor(const std::string& state_directory) {
  const UniqueFd lock = open_lock(state_directory);
  if (!lock || !held(lock.get())) return;
  const pid_t pid = holder(lock.get());
  if (pid <= 0) return;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // Looked at again: now the descriptor is that of the holder, and not of who got its number after it.
  if (!held(lock.get()) || ends(process.get(), lock.get(), kSilent)) return;
  say("waiting for the daemon that is ending (pid " + std::to_string(pid) + ")");
  static_cast<void>(ends(process.get(), lock.get(), kLongest));
}

}  // namespace coppice::cli
