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

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/errno_text.h"
#include "process/keeper/identity.h"
#include "process/packet_socket.h"

namespace coppice::process {
namespace {

constexpr Key kSignals = kReservedKeys | 1;
constexpr Key kRelief = kReservedKeys | 2;
constexpr Key kSweep = kReservedKeys | 3;
constexpr Key kBell = kReservedKeys | 4;
constexpr Key kSupervisor = kReservedKeys | 5;
constexpr Key kPause = kReservedKeys | 6;
constexpr Key kRescue = kReservedKeys | 7;

// A sweep is O(children): when nothing says that there is an orphan it may wait for more to come.
constexpr std::chrono::nanoseconds kSweepPause = std::chrono::milliseconds(5);
// Where there are many, sweeps take this part of the time at most.
constexpr int kSweepShare = 20;
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

// The first line: to the first supervisor, or for a keeper that goes on one that has been hung up.
UniqueFd first_line(LoopStart& start) {
  if (start.resumed) {
    auto [ours, theirs] = packet_pair();
    return checked(::fcntl(ours.get(), F_DUPFD_CLOEXEC, Spawners::kSlotsEnd), "fcntl");
  }
  close_others(start.first.socket, start.first.pidfd);
  return std::move(start.first.socket);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

UniqueFd timer() { return checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"); }

void drain_counter(int fd) {
  std::uint64_t count = 0;
  // Empty already, if it was read for another reason.
  static_cast<void>(::read(fd, &count, sizeof count) == sizeof count);
}

}  // namespace

Loop::Loop(LoopStart start)
    : own_(std::move(start.own)),
      descriptor_limit_(start.descriptor_limit),
      line_(first_line(start), start.resumed ? start.resumed->restarts : 0),
      watchdog_(start.rules.watchdog),
      sweep_pause_(kSweepPause) {
  // Reserves the slots, which are free now, so that what is opened next lies above them.
  const auto above = [](UniqueFd fd) {
    return checked(::fcntl(fd.get(), F_DUPFD_CLOEXEC, Spawners::kSlotsEnd), "fcntl");
  };
  const sigset_t signals = handled_signals();
  epoll_ = above(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
  signals_ = above(checked(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
  relief_ = above(timer());
  sweep_timer_ = above(timer());
  pause_ = above(timer());
  bell_ = above(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
  watch(signals_.get(), kSignals, EPOLLIN);
  watch(relief_.get(), kRelief, EPOLLIN);
  watch(sweep_timer_.get(), kSweep, EPOLLIN);
  watch(pause_.get(), kPause, EPOLLIN);
  watch(bell_.get(), kBell, EPOLLIN);
  SpawnerPorts ports;
  ports.epoll = epoll_.get();
  ports.watch = relief_.get();
  ports.bell = bell_.get();
  ports.watchdog = &watchdog_;
  spawners_.emplace(ports, line_, jobs_, boxes_, descriptor_limit_);
  SupervisionPorts supervision;
  supervision.epoll = epoll_.get();
  supervision.exit = kSupervisor;
  supervision.rescue = kRescue;
  supervision.pause = pause_.get();
  supervision.watchdog = &watchdog_;
  supervision_.emplace(supervision, std::move(start.program), std::move(start.rules));
  supervision_->attend(line_, *spawners_, jobs_, boxes_, [this](FarewellMode mode) { return succeed(mode); });
  if (start.resumed) {
    resume(*start.resumed);
  } else if (start.first.pid != 0) {
    supervision_->begin(start.first.pid, std::move(start.first.pidfd));
  } else {
    supervision_->begin_attached();
  }
}

void Loop::watch(int descriptor, Key key, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw errno_error("epoll_ctl", "", errno);
}

void Loop::resume(const KeeperHandover& handover) {
  jobs_.raise_last_key(handover.last_key);
  for (const KeptCommand& command : handover.commands) {
    jobs_.restore(command);
    if (command.pidfd >= 0) watch(command.pidfd, command.key, exit_events(command.foreign));
  }
  for (const KeptDescriptor& one : handover.held) boxes_.restore(one);
  supervision_->begin_again(handover.rest);
  // Orphans that came while nobody looked.
  sweep_soon();
}

// False when there is something that only this process can finish, or when the other cannot be executed.
bool Loop::succeed(FarewellMode mode) {
  auto commands = jobs_.keep();
  if (!commands) {
    std::fputs("coppice-keeper: a start is under way: no other keeper can take over\n", stderr);
    return false;
  }
  KeeperHandover handover;
  handover.descriptor_limit = descriptor_limit_;
  handover.last_key = jobs_.last_key();
  handover.restarts = line_.restarts();
  handover.rest = mode == FarewellMode::leave;
  handover.commands = std::move(*commands);
  handover.held = boxes_.keep();
  int error = 0;
  if (mode == FarewellMode::leave) {
    for (KeptCommand& command : handover.commands) command.foreign = true;
    error = start_successor(own_, handover);
    if (error == 0) return true;
  } else {
    // What came for a supervisor waits, blocked, for the program that is executed.
    if (supervision_->stop() != 0) ::kill(::getpid(), supervision_->stop());
    error = execute_again(own_, handover);
  }
  std::fprintf(stderr, "coppice-keeper: %s\n", errno_message("exec", own_.path, error).c_str());
  return false;
}

int Loop::run() {
  spawners_->start(kSpawners);
  while (!supervision_->over()) {
    turn(-1);
    supervision_->advance();
  }
  return supervision_->left() ? 0 : end();
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
      sweep_due_ = false;
      sweep();
      break;
    case kBell:
      drain_counter(bell_.get());
      answer_alive();
      break;
    case kSupervisor:
      supervision_->collect();
      break;
    case kPause:
      drain_counter(pause_.get());
      supervision_->end_pause();
      break;
    case kRescue:
      supervision_->accept();
      break;
    default:
      reap_command(key);
  }
}

void Loop::reap_command(Key key) {
  if (const auto report = jobs_.reap(key)) line_.send(*report);
}

void Loop::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD) {
      take_child_signal(static_cast<pid_t>(info.ssi_pid));
    } else {
      supervision_->forward(static_cast<int>(info.ssi_signo));
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
  if (zombie && pid != supervision_->pid()) {
    sweep();
  } else {
    sweep_soon();
  }
}

void Loop::sweep() {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  while (sweep_one()) {
  }
  sweep_pause_ = std::max(kSweepPause, std::chrono::nanoseconds(kSweepShare * (Clock::now() - begin)));
}

// False when there is no more to be done now.
bool Loop::sweep_one() {
  const auto is_taken = [this](pid_t pid) {
    return pid == supervision_->pid() || spawners_->is_newborn(pid);
  };
  const auto swept = jobs_.sweep(is_taken);
  if (!swept) return false;
  switch (swept->kind) {
    case JobTable::Swept::orphan:
      ++orphans_;
      return true;
    case JobTable::Swept::unwatched:
      reap_command(swept->key);
      return true;
    case JobTable::Swept::elsewhere:
    case JobTable::Swept::watched:
      break;
  }
  // It stands in the way of those behind it until its own event has been handled.
  sweep_soon();
  return false;
}

// What is due stays due: exits that follow each other closely must not put it off for ever.
void Loop::sweep_soon() {
  if (std::exchange(sweep_due_, true)) return;
  itimerspec once{};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(sweep_pause_);
  once.it_value.tv_sec = seconds.count();
  once.it_value.tv_nsec = (sweep_pause_ - seconds).count();
  // Fails for bad arguments only.
  static_cast<void>(::timerfd_settime(sweep_timer_.get(), 0, &once, nullptr));
}

void Loop::tell_orphans() {
  if (orphans_ == 0) return;
  Orphans report;
  report.count = std::exchange(orphans_, 0);
  // A hint: a supervisor that does not read just now does without.
  line_.hint(report);
}

void Loop::answer_alive() {
  Alive answer;
  answer.number = line_.take_alive();
  if (answer.number != 0) line_.hint(answer);
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
  const auto status = supervision_->status();
  const bool exited = !status || WIFEXITED(*status);
  const int code = status && exited ? WEXITSTATUS(*status) : 0;
  if (exited && left == 0) return code;
  std::fprintf(stderr, "coppice-keeper: the supervisor ended (%s %d) with %zu commands in its care: killed\n",
               exited ? "exit status" : "signal",
               exited ? code : WTERMSIG(*status), left);
  return code != 0 ? code : 1;
}

}  // namespace coppice::process
