#include "bench/floor/raw_clone.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::bench {
namespace {

// Inline, because the child runs in our frame until it has exec'd: it must not return from a call
// that the parent still has to return from.
#if defined(__x86_64__)
[[gnu::always_inline]] inline long raw(long number, long a, long b, long c) {
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
[[gnu::always_inline]] inline long raw(long number, long a, long b, long c) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
#else
#error "no system call instruction known for this processor"
#endif

template <class Type>
long number_of(Type* pointer) {
  return static_cast<long>(reinterpret_cast<std::intptr_t>(pointer));
}

}  // namespace

[[gnu::noinline]] Child clone_and_exec(const Clone& what) {
  Child child;
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  args.exit_signal = SIGCHLD;
  args.pidfd = static_cast<std::uint64_t>(number_of(&child.pidfd));
  if (what.group >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(what.group);
  }
  const long pid = raw(SYS_clone3, number_of(&args), sizeof args, 0);
  if (pid == 0) {
    if (what.output >= 0) raw(SYS_dup3, what.output, 1, 0);
    if (what.input >= 0) raw(SYS_dup3, what.input, 0, 0);
    raw(SYS_execve, number_of(what.program), number_of(what.argv), number_of(environ));
    for (;;) raw(SYS_exit, 127, 0, 0);
  }
  if (pid < 0) throw errno_error("clone3", what.program, static_cast<int>(-pid));
  child.pid = static_cast<int>(pid);
  return child;
}

}  // namespace coppice::bench
