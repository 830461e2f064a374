#include "process/keeper/spawners.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

#include "base/errno_text.h"
#include "process/keeper/spawner_thread.h"

namespace coppice::process {
namespace {

// How long a launch may keep the last reader from reading before it counts as stuck.
constexpr long kPatienceNanoseconds = 100'000'000;

}  // namespace

Spawners::Spawners(SpawnerPorts ports, Line& line, JobTable& jobs, BoxTable& boxes,
                   std::optional<rlimit> descriptor_limit)
    : ports_(ports), line_(line), jobs_(jobs), boxes_(boxes), descriptor_limit_(descriptor_limit) {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw errno_error("open", "/dev/null", errno);
  placeholder_ = ::fcntl(null.get(), F_DUPFD_CLOEXEC, kSlotsEnd);
  if (placeholder_ < 0) throw errno_error("reserve descriptors", "/dev/null", errno);
  // It lies in a slot itself most likely, and must not be closed there later.
  null.reset();
  for (int slot = kFirstSlot; slot < kSlotsEnd; ++slot)
    if (::dup3(placeholder_, slot, O_CLOEXEC) < 0)
      throw errno_error("reserve descriptors", "/dev/null", errno);
  oom_score_.emplace();
}

void Spawners::start(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!add() && i == 0) throw errno_error("start a thread", "", EAGAIN);
}

bool Spawners::add() {
  const std::size_t index = count_.load();
  if (index == kCap) return false;
  Seat& seat = seats_[index];
  {
    const std::lock_guard lock(mutex_);
    ++reading_;
  }
  seat.activity = Activity::reading;
  count_ = index + 1;
  try {
    auto thread = std::make_unique<Thread>(*this, seat, kFirstSlot + 3 * static_cast<int>(index));
    std::thread([thread = std::move(thread)] { thread->run(); }).detach();
    return true;
  } catch (const std::system_error&) {
    // No memory or no process to spare: the next time the watch fires may do better.
    count_ = index;
    seat.activity = Activity::absent;
    const std::lock_guard lock(mutex_);
    --reading_;
    return false;
  }
}

bool Spawners::leave_reading(Seat& seat) {
  const std::lock_guard lock(mutex_);
  if (reading_ == 1 && count_ == kCap) return false;
  seat.activity = Activity::launching;
  // The last one that had a request of that line: now it is quiet.
  if (line_ended_) ring_bell();
  if (--reading_ == 0 && !armed_) arm_watch();
  return true;
}

void Spawners::back_to_reading(Seat& seat) {
  const std::lock_guard lock(mutex_);
  seat.activity = Activity::reading;
  ++reading_;
  ++finished_;
}

void Spawners::await_line(Seat& seat, int ended) {
  {
    const std::lock_guard lock(mutex_);
    // What was read may have been the line before: then there is no end to tell.
    if (line_number_ != ended) return;
    seat.activity = Activity::ended;
    line_ended_ = true;
  }
  ring_bell();
  line_number_.wait(ended);
}

void Spawners::begin_line(UniqueFd socket) {
  const std::lock_guard lock(mutex_);
  line_.replace(std::move(socket));
  boxes_.begin_line();
  for (Seat& seat : seats_)
    if (seat.activity == Activity::ended) seat.activity = Activity::reading;
  line_ended_ = false;
  ++line_number_;
  line_number_.notify_all();
}

void Spawners::ring_bell() {
  const std::uint64_t one = 1;
  // The counter cannot overflow, so the write cannot fail.
  static_cast<void>(::write(ports_.bell, &one, sizeof one) == sizeof one);
}

void Spawners::arm_watch() {
  armed_ = true;
  finished_when_armed_ = finished_;
  itimerspec once{};
  once.it_value.tv_nsec = kPatienceNanoseconds;
  // Fails for bad arguments only.
  static_cast<void>(::timerfd_settime(ports_.watch, 0, &once, nullptr));
}

void Spawners::relieve() {
  bool stuck = false;
  {
    const std::lock_guard lock(mutex_);
    armed_ = false;
    if (reading_ > 0) return;
    stuck = finished_ == finished_when_armed_;
  }
  // One to read now, and one more for the launch that comes next to be stuck in.
  if (stuck && add()) add();
  const std::lock_guard lock(mutex_);
  if (reading_ == 0 && !armed_) arm_watch();
}

bool Spawners::quiet() const {
  for (const Seat& seat : seats_)
    if (seat.activity == Activity::reading) return false;
  return true;
}

bool Spawners::saw_end() const {
  for (const Seat& seat : seats_)
    if (seat.activity == Activity::ended) return true;
  return false;
}

bool Spawners::ended() const {
  for (const Seat& seat : seats_)
    if (seat.activity == Activity::reading || seat.activity == Activity::launching) return false;
  return true;
}

bool Spawners::is_newborn(pid_t pid) const {
  for (const Seat& seat : seats_)
    if (__atomic_load_n(&seat.newborn, __ATOMIC_ACQUIRE) == pid) return true;
  return false;
}

}  // namespace coppice::process
