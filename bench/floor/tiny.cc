// The least program: ends at once, or waits for a signal for ever when it has an argument. No C library,
// so that what is measured is the start of a process and not of a library.

#if defined(__x86_64__)
asm(R"(
  .globl _start
_start:
  cmpq $1, (%rsp)
  ja 1f
  xorl %edi, %edi
  movl $231, %eax         # exit_group
  syscall
1:
  movl $34, %eax          # pause
  syscall
  jmp 1b
)");
#elif defined(__aarch64__)
asm(R"(
  .globl _start
_start:
  ldr x1, [sp]
  cmp x1, #1
  b.hi 1f
  mov x0, #0
  mov x8, #94             // exit_group
  svc 0
1:
  mov x0, #0              // ppoll of nothing
  mov x1, #0
  mov x2, #0
  mov x3, #0
  mov x4, #0
  mov x8, #73
  svc 0
  b 1b
)");
#else
#error "no start known for this processor"
#endif
