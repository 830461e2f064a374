#include "process/keeper/watchdog.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "process/keeper/spawners.h"

namespace coppice::process {

Watchdog::Watchdog(std::chrono::milliseconds patience) : patience_(patience) {
  if (patience_.count() > 0) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::attend(int pidfd, pid_t pid) {
  if (!thread_.joinable()) return;
  const std::lock_guard lock(mutex_);
  // Without one, for a shortage, nobody is watched until the next supervisor. Above the slots of spawners, like all of ours.
  pidfd_ = UniqueFd(::fcntl(pidfd, F_DUPFD_CLOEXEC, Spawners::kSlotsEnd));
  if (!pidfd_) std::fputs("coppice-keeper: no descriptor is free: this supervisor is not watched\n", stderr);
  pid_ = pid;
  due_.reset();
  aborted_ = false;
}

void Watchdog::release() {
  const std::lock_guard lock(mutex_);
  pidfd_.reset();
  due_.reset();
}

void Watchdog::heard() {
  if (!thread_.joinable()) return;
  const std::lock_guard lock(mutex_);
  // One that was told to abort is to do that.
  if (!pidfd_ || aborted_) return;
  const bool first = !due_;
  due_ = Clock::now() + patience_;
  // A later due time is found when the earlier one has come.
  if (first) changed_.notify_one();
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (!due_) {
      changed_.wait(lock);
      continue;
    }
    const auto due = *due_;
    changed_.wait_until(lock, due);
    const auto now = Clock::now();
    if (over_ || due_ != due || now < due) continue;
    // This thread did not run either (a frozen container): the supervisor gets its time.
    if (now - due > patience_ / 2) {
      due_ = now + patience_;
    } else {
      act();
    }
  }
}

void Watchdog::act() {
  if (aborted_) {
    std::fputs("coppice-keeper: the silent supervisor does not abort: killed\n", stderr);
    signal(SIGKILL);
    due_.reset();
    return;
  }
  std::fprintf(stderr, "coppice-keeper: the supervisor, process %d, has given no sign of life for %lld ms: aborted\n", pid_,
               static_cast<long long>(patience_.count()));
  signal(SIGABRT);
  signal(SIGCONT);
  aborted_ = true;
  due_ = Clock::now() + patience_;
}

void Watchdog::signal(int number) const {
  // A pidfd: it cannot reach anybody else (K4). One that has just exited needs none.
  static_cast<void>(::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0));
}

}  // namespace coppice::process
