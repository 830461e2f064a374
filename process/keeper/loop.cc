#include "process/keeper/loop.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/errno_text.h"
#include "process/packet_socket.h"

namespace coppice::process {
namespace {

constexpr Key kSignals = kReservedKeys | 1;
constexpr Key kRelief = kReservedKeys | 2;
constexpr Key kSweep = kReservedKeys | 3;
constexpr Key kBell = kReservedKeys | 4;
constexpr Key kSupervisor = kReservedKeys | 5;

// A sweep is O(children): when nothing says that there is an orphan it may wait for more to come.
constexpr long kSweepDelayNanoseconds = 5'000'000;
// What killing everything may take at the end; a process in uninterruptible sleep is left to the kernel.
constexpr auto kEndBound = std::chrono::seconds(10);
constexpr int kEndTurn = 20;  // ms

UniqueFd checked(int fd, const char* call) {
  if (fd < 0) throw errno_error(call, "", errno);
  return UniqueFd(fd);
}

// Moves a descriptor out of the spawners' slots and closes all others but the standard three.
void close_others(UniqueFd& first, UniqueFd& second) {
  const auto move = [](UniqueFd& fd, int target) {
    if (!fd) return;
    // Above the target first, so that neither lands on the other.
    fd = checked(::fcntl(fd.get(), F_DUPFD_CLOEXEC, target + 2), "fcntl");
  };
  move(first, Spawners::kSlotsEnd);
  move(second, Spawners::kSlotsEnd);
  std::array<int, 2> kept{first.get(), second.get()};
  if (kept[0] > kept[1]) std::swap(kept[0], kept[1]);
  int from = 3;
  for (const int fd : kept) {
    if (fd < 0) continue;
    ::syscall(SYS_close_range, from, fd - 1, 0);
    from = fd + 1;
  }
  // Before 5.9 what was inherited stays open here; the children close it all the same.
  ::syscall(SYS_close_range, from, ~0U, 0);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void drain_counter(int fd) {
  std::uint64_t count = 0;
  // Empty already, if it was read for another reason.
  static_cast<void>(::read(fd, &count, sizeof count) == sizeof count);
}

}  // namespace

Loop::Loop(UniqueFd socket, pid_t supervisor, UniqueFd supervisor_pidfd,
           std::optional<rlimit> descriptor_limit)
    : socket_(std::move(socket)),
      supervisor_(supervisor),
      supervisor_pidfd_(std::move(supervisor_pidfd)) {
  close_others(socket_, supervisor_pidfd_);
  // Reserves the slots, which are free now, so that what is opened next lies above them.
  const auto above = [](UniqueFd fd, const char* call) {
    return checked(::fcntl(fd.get(), F_DUPFD_CLOEXEC, Spawners::kSlotsEnd), call);
  };
  const sigset_t signals = handled_signals();
  epoll_ = above(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"), "fcntl");
  signals_ = above(checked(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"), "fcntl");
  relief_ = above(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"), "fcntl");
  sweep_timer_ = above(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"), "fcntl");
  bell_ = above(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"), "fcntl");
  watch(signals_.get(), kSignals);
  watch(relief_.get(), kRelief);
  watch(sweep_timer_.get(), kSweep);
  watch(bell_.get(), kBell);
  if (supervisor_pidfd_) watch(supervisor_pidfd_.get(), kSupervisor);
  SpawnerPorts ports;
  ports.socket = socket_.get();
  ports.epoll = epoll_.get();
  ports.watch = relief_.get();
  ports.bell = bell_.get();
  spawners_.emplace(ports, jobs_, descriptor_limit);
}

void Loop::watch(int descriptor, Key key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw errno_error("epoll_ctl", "", errno);
}

int Loop::run() {
  spawners_->start(kSpawners);
  while (!supervisor_over()) turn(-1);
  return end();
}

bool Loop::supervisor_over() const {
  return supervisor_pidfd_ ? supervisor_status_.has_value() : spawners_->saw_end();
}

void Loop::turn(int timeout) {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  if (count < 0 && errno != EINTR) throw errno_error("epoll_wait", "", errno);
  // Exits of commands before the sweep: what has a pidfd is not the sweep's.
  bool signals = false;
  for (int i = 0; i < count; ++i) {
    const Key key = events[static_cast<std::size_t>(i)].data.u64;
    if (key == kSignals) {
      signals = true;
    } else {
      handle(key);
    }
  }
  if (signals) read_signals();
  tell_orphans();
}

void Loop::handle(Key key) {
  switch (key) {
    case kRelief:
      drain_counter(relief_.get());
      spawners_->relieve();
      break;
    case kSweep:
      drain_counter(sweep_timer_.get());
      sweep();
      break;
    case kBell:
      drain_counter(bell_.get());
      break;
    case kSupervisor:
      collect_supervisor();
      break;
    default:
      reap_command(key);
  }
}

void Loop::reap_command(Key key) {
  if (const auto report = jobs_.reap(key)) send(*report);
}

void Loop::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD) {
      take_child_signal(static_cast<pid_t>(info.ssi_pid));
    } else {
      forward(static_cast<int>(info.ssi_signo));
    }
  }
}

// One SIGCHLD may stand for many, so a sweep there must be; but one whose process is gone was most likely
// a command's, and then it need not be now.
void Loop::take_child_signal(pid_t pid) {
  siginfo_t info{};
  const int options = WEXITED | WNOHANG | WNOWAIT | __WALL;
  const bool zombie =
      ::waitid(P_PID, static_cast<id_t>(pid), &info, options) == 0 && info.si_pid == pid;
  if (zombie && pid != supervisor_) {
    sweep();
  } else {
    sweep_soon();
  }
}

void Loop::sweep() {
  const auto is_taken = [this](pid_t pid) {
    return pid == supervisor_ || spawners_->is_newborn(pid);
  };
  while (const auto swept = jobs_.sweep(is_taken)) {
    switch (swept->kind) {
      case JobTable::Swept::orphan:
        ++orphans_;
        break;
      case JobTable::Swept::unwatched:
        reap_command(swept->key);
        break;
      case JobTable::Swept::elsewhere:
      case JobTable::Swept::watched:
        // It stands in the way of those behind it until its own event has been handled.
        sweep_soon();
        return;
    }
  }
}

void Loop::sweep_soon() {
  itimerspec once{};
  once.it_value.tv_nsec = kSweepDelayNanoseconds;
  // Fails for bad arguments only.
  static_cast<void>(::timerfd_settime(sweep_timer_.get(), 0, &once, nullptr));
}

void Loop::tell_orphans() {
  if (orphans_ == 0) return;
  Orphans report;
  report.count = std::exchange(orphans_, 0);
  // A hint: a supervisor that does not read just now does without.
  static_cast<void>(send_packet(socket_.get(), encode(Report(report)).view(), {}, Blocking::no));
}

void Loop::collect_supervisor() {
  int status = 0;
  if (::waitpid(supervisor_, &status, WNOHANG) != supervisor_) return;
  supervisor_status_ = status;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, supervisor_pidfd_.get(), nullptr);
}

// It is not reaped while it counts as running, so the number is its own (K4).
void Loop::forward(int signal) {
  if (supervisor_ != 0 && !supervisor_status_) ::kill(supervisor_, signal);
}

int Loop::end() {
  const auto deadline = std::chrono::steady_clock::now() + kEndBound;
  const auto in_time = [&] { return std::chrono::steady_clock::now() < deadline; };
  // What the supervisor asked for last is still in the socket: spawners read to its end.
  while (!spawners_->quiet() && in_time()) turn(kEndTurn);
  const std::size_t left = jobs_.size();
  while (true) {
    // In this order: after the last spawner's end nothing is added to what is killed.
    const bool last = spawners_->ended();
    if ((jobs_.kill_running() == 0 && last) || !in_time()) break;
    turn(kEndTurn);
  }
  sweep();
  jobs_.remove_pens();
  const bool exited = !supervisor_status_ || WIFEXITED(*supervisor_status_);
  const int code = supervisor_status_ && exited ? WEXITSTATUS(*supervisor_status_) : 0;
  if (exited && left == 0) return code;
  std::fprintf(stderr, "coppice-keeper: the supervisor ended (%s %d) with %zu commands in its care: killed\n",
               exited ? "exit status" : "signal",
               exited ? code : WTERMSIG(*supervisor_status_), left);
  return code != 0 ? code : 1;
}

void Loop::send(const Report& report) {
  // A supervisor that is gone needs no report.
  static_cast<void>(send_packet(socket_.get(), encode(report).view(), {}, Blocking::yes));
}

}  // namespace coppice::process
