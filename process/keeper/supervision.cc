#include "process/keeper/supervision.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "process/rescue_socket.h"

namespace coppice::process {
namespace {

using namespace std::chrono_literals;

// After the second quick death in a row, and the longest.
constexpr auto kFirstPause = 100ms;
constexpr auto kLongestPause = 10'000ms;

bool stops(int signal) { return signal == SIGTERM || signal == SIGINT; }

}  // namespace

void Supervision::attend(Line& line, Spawners& spawners, const JobTable& jobs, const BoxTable& boxes,
                         std::function<bool(FarewellMode)> succeed) {
  line_ = &line;
  spawners_ = &spawners;
  jobs_ = &jobs;
  boxes_ = &boxes;
  succeed_ = std::move(succeed);
}

void Supervision::begin(pid_t pid, UniqueFd pidfd) {
  pid_ = pid;
  watch(std::move(pidfd));
}

void Supervision::begin_again(bool rest) {
  begins_by_ = rest ? FarewellMode::leave : FarewellMode::upgrade;
  state_ = State::leaving;
}

void Supervision::watch(UniqueFd pidfd) {
  pidfd_ = std::move(pidfd);
  started_ = std::chrono::steady_clock::now();
  state_ = State::alive;
  stop_passed_on_ = false;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = ports_.exit;
  if (::epoll_ctl(ports_.epoll, EPOLL_CTL_ADD, pidfd_.get(), &event) != 0)
    throw errno_error("epoll_ctl", "", errno);
  ports_.watchdog->attend(pidfd_.get(), pid_);
}

void Supervision::collect() {
  if (state_ != State::alive || !pidfd_) return;
  if (pid_ == 0) return lose();  // nobody's but init's to reap
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  status_ = status;
  lose();
}

void Supervision::lose() {
  ports_.watchdog->release();
  pid_ = 0;
  // Not by the close: a child that is about to execute may have a copy.
  ::epoll_ctl(ports_.epoll, EPOLL_CTL_DEL, pidfd_.get(), nullptr);
  pidfd_.reset();
  // Whoever else may have its end, it says no more than what has been said.
  line_->hang_up();
  state_ = State::leaving;
}

void Supervision::advance() {
  if (attached_) return;
  if (state_ == State::alive) pass_on_stop();
  // A rescuer may hang up and live on.
  if (state_ == State::alive && pid_ == 0 && spawners_->saw_end()) lose();
  if (state_ == State::leaving && spawners_->quiet() && spawners_->saw_end()) decide();
}

void Supervision::decide() {
  if (const auto before = std::exchange(begins_by_, std::nullopt))
    return *before == FarewellMode::leave ? rest() : start();
  const auto farewell = line_->farewell();
  if (farewell && *farewell != FarewellMode::end) {
    // With nothing to keep there is nothing to leave.
    left_ = *farewell == FarewellMode::leave && nothing_kept();
    if (left_ || give_way(*farewell)) {
      left_ = true;
      state_ = State::over;
      return;
    }
    return start();
  }
  if (is_last()) {
    state_ = State::over;
    return;
  }
  const auto lived = std::chrono::steady_clock::now() - started_;
  const bool quick = rules_.quick.count() > 0 && (!line_->serving() || lived < rules_.quick);
  quick_deaths_ = quick ? quick_deaths_ + 1 : 0;
  unserved_deaths_ = line_->serving() ? 0 : unserved_deaths_ + 1;
  // Whoever came to the rescue is not ours to start again.
  if (!status_ || unserved_deaths_ >= rules_.restarts) return rest();
  start_after_death();
}

bool Supervision::give_way(FarewellMode mode) {
  if (succeed_(mode)) return true;
  std::fputs("coppice-keeper: stays as it is, and starts the supervisor again\n", stderr);
  return false;
}

bool Supervision::is_last() const {
  if (line_->farewell()) return true;
  if (!nothing_kept()) return false;
  // Nothing would be lost. It ended as it was told to, or well, or could not begin: its status says why.
  if (stop_ != 0) return true;
  if (!status_ || !WIFEXITED(*status_)) return false;
  return WEXITSTATUS(*status_) == 0 || (line_->restarts() == 0 && !line_->serving());
}

void Supervision::rest() {
  unserved_deaths_ = 0;
  quick_deaths_ = 0;
  // Nobody has to be waited for, or may be.
  if (stop_ != 0 || nothing_kept()) {
    state_ = State::over;
    return;
  }
  state_ = State::resting;
  std::fprintf(stderr, "coppice-keeper: rests with %zu commands in its care, until coppiced --rescue\n", jobs_->size());
  if (rules_.rescue_path.empty()) return;
  try {
    rescue_ = listen_for_rescue(rules_.rescue_path);
    epoll_event event{};
    // Each connection once: one that cannot be accepted for a shortage does not keep the loop busy.
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = ports_.rescue;
    if (::epoll_ctl(ports_.epoll, EPOLL_CTL_ADD, rescue_.get(), &event) != 0) throw errno_error("epoll_ctl", "", errno);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "coppice-keeper: nobody can come to the rescue: %s\n", error.what());
  }
}

void Supervision::end_rest() {
  ::epoll_ctl(ports_.epoll, EPOLL_CTL_DEL, rescue_.get(), nullptr);
  rescue_.reset();
  stop_listening(rules_.rescue_path);
}

void Supervision::accept() {
  if (state_ != State::resting) return;
  while (true) {
    auto rescuer = accept_rescuer(rescue_.get());
    if (!rescuer) return;
    if (!rescuer->socket) continue;
    end_rest();
    std::fputs("coppice-keeper: a supervisor has come to the rescue\n", stderr);
    status_.reset();
    spawners_->begin_line(std::move(rescuer->socket));
    return watch(std::move(rescuer->pidfd));
  }
}

std::chrono::milliseconds Supervision::pause() const {
  if (quick_deaths_ <= 1) return 0ms;
  const unsigned doublings = std::min(quick_deaths_ - 2, 10U);
  return std::min(std::chrono::milliseconds(kFirstPause * (1U << doublings)), kLongestPause);
}

void Supervision::start_after_death() {
  const auto wait = pause();
  tell(wait);
  if (wait == 0ms) return start();
  state_ = State::paused;
  itimerspec once{};
  once.it_value.tv_sec = wait / 1s;
  once.it_value.tv_nsec = std::chrono::nanoseconds(wait % 1s).count();
  // Fails for bad arguments only.
  static_cast<void>(::timerfd_settime(ports_.pause, 0, &once, nullptr));
}

void Supervision::end_pause() {
  if (state_ == State::paused) start();
}

void Supervision::start() {
  try {
    SupervisorChild next = start_supervisor(program_, Life::later);
    spawners_->begin_line(std::move(next.socket));
    pid_ = next.pid;
    watch(std::move(next.pidfd));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "coppice-keeper: %s\n", error.what());
    ++quick_deaths_;
    start_after_death();
  }
}

void Supervision::forward(int number) {
  if (!stops(number)) {
    if (state_ == State::alive && line_->serving()) signal(number);
    return;
  }
  stop_ = number;
  stop_passed_on_ = false;
  if (state_ == State::resting || (state_ == State::paused && nothing_kept())) {
    if (rescue_) end_rest();
    state_ = State::over;
  } else if (state_ == State::alive && line_->restarts() == 0 && !line_->serving()) {
    // The first one may die of it before it can handle it. One that was started again has jobs in its care, and gets it
    // when it serves.
    stop_passed_on_ = true;
    signal(number);
  } else {
    pass_on_stop();
  }
}

void Supervision::pass_on_stop() {
  if (stop_ == 0 || stop_passed_on_ || state_ != State::alive || !line_->serving()) return;
  stop_passed_on_ = true;
  signal(stop_);
}

void Supervision::signal(int number) const {
  // A pidfd: it cannot reach anybody else (K4). One that has just exited needs none.
  if (pidfd_) static_cast<void>(::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0));
}

void Supervision::tell(std::chrono::milliseconds pause) const {
  // Nothing has exited where not even a start succeeded.
  const int status = status_.value_or(0);
  const bool exited = WIFEXITED(status);
  const std::string when = pause == 0ms ? "now" : "in " + std::to_string(pause.count()) + " ms";
  std::fprintf(stderr, "coppice-keeper: the supervisor ended (%s %d) with %zu commands in its care: starts again %s\n",
               exited ? "exit status" : "signal", exited ? WEXITSTATUS(status) : WTERMSIG(status), jobs_->size(),
               when.c_str());
}

}  // namespace coppice::process
