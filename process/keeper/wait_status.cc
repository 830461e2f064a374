#include "process/keeper/wait_status.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace coppice::process {
namespace {

// The raw call: the C library's waitid drops the fifth argument, the usage.
long wait_id(idtype_t type, id_t id, siginfo_t& info, int options, rusage* usage) {
  while (true) {
    info = {};
    const long result = ::syscall(SYS_waitid, type, id, &info, options, usage);
    if (result >= 0 || errno != EINTR) return result;
  }
}

std::int32_t status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return W_EXITCODE(info.si_status & 0xff, 0);
  return info.si_status | (info.si_code == CLD_DUMPED ? WCOREFLAG : 0);
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

std::optional<Exited> reap_pidfd(int pidfd) {
  siginfo_t info;
  rusage usage{};
  const auto id = static_cast<id_t>(pidfd);
  if (wait_id(P_PIDFD, id, info, WEXITED | WNOHANG | __WALL, &usage) < 0) return std::nullopt;
  if (info.si_pid == 0) return std::nullopt;
  Exited exited;
  exited.status = status_of(info);
  exited.user_microseconds = microseconds(usage.ru_utime);
  exited.system_microseconds = microseconds(usage.ru_stime);
  exited.max_resident_kibibytes = static_cast<std::uint64_t>(usage.ru_maxrss);
  return exited;
}

pid_t find_zombie(Parent parent) {
  siginfo_t info;
  const int scope = parent == Parent::thread ? __WNOTHREAD : 0;
  const long result = wait_id(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT | __WALL | scope, nullptr);
  return result < 0 ? 0 : info.si_pid;
}

void reap_pid(pid_t pid) {
  siginfo_t info;
  // It is a zombie of ours: this cannot fail.
  static_cast<void>(wait_id(P_PID, static_cast<id_t>(pid), info, WEXITED | WNOHANG | __WALL, nullptr));
}

}  // namespace coppice::process
