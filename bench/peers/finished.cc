// Ends at once, whatever its arguments: a "run" of s6, which gives it one. No C library, as bench/floor/tiny.cc.

#if defined(__x86_64__)
asm(R"(
  .globl _start
_start:
  xorl %edi, %edi
  movl $231, %eax         # exit_group
  syscall
)");
#elif defined(__aarch64__)
asm(R"(
  .globl _start
_start:
  mov x0, #0
  mov x8, #94             // exit_group
  svc 0
)");
#else
#error "no start known for this processor"
#endif
