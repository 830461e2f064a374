#include "process/keeper/ordinary.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coppice::process {
namespace {

// What a process has that never asked for another.
constexpr unsigned long kUsualSlackNanoseconds = 50'000;

// Of ioprio_set(2), which the C library has no header for; the kernel's does not compile as C++.
constexpr int kIoOfProcess = 1;
constexpr long kIoRealTime = 1;
constexpr long kIoBestEffort = 2;
constexpr long kUsualIoLevel = 4;

bool is_real_time(int policy) {
  policy &= ~SCHED_RESET_ON_FORK;
  return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

void usual_io_priority() {
  const long priority = ::syscall(SYS_ioprio_get, kIoOfProcess, 0);
  if (priority < 0) return;
  const long io_class = priority >> 13;
  const bool early = io_class == kIoRealTime || (io_class == kIoBestEffort && (priority & 7) < kUsualIoLevel);
  // 0: by the niceness.
  if (early) ::syscall(SYS_ioprio_set, kIoOfProcess, 0, 0);
}

}  // namespace

// These calls concern the calling thread alone (sched(7), setpriority(2), "C library/kernel differences").
void become_ordinary() {
  constexpr sched_param kNone{};
  // To give way is allowed to everybody.
  if (is_real_time(::sched_getscheduler(0))) static_cast<void>(::sched_setscheduler(0, SCHED_OTHER, &kNone));
  if (::getpriority(PRIO_PROCESS, 0) < 0) static_cast<void>(::setpriority(PRIO_PROCESS, 0, 0));
  usual_io_priority();
  const int slack = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (slack >= 0 && static_cast<unsigned long>(slack) < kUsualSlackNanoseconds)
    static_cast<void>(::prctl(PR_SET_TIMERSLACK, kUsualSlackNanoseconds, 0, 0, 0));
  // Root needs none, and an exec as anybody else would hand them on. Unknown before Linux 4.3.
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

OwnOomScore::OwnOomScore() : file_(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC)) {}

bool OwnOomScore::is_zero() const {
  char first = '0';
  return !file_ || ::pread(file_.get(), &first, 1, 0) != 1 || first == '0';
}

}  // namespace coppice::process
