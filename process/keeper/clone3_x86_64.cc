#include "process/keeper/clone3.h"

// The C library has no clone3 for others, and its clone() has no room for the 64-bit flags. The child
// branch says "no caller" to unwinders (rip undefined), so that a backtrace taken there ends.
asm(R"(
  .text
  .globl coppice_clone3
  .type coppice_clone3, @function
coppice_clone3:
  .cfi_startproc
  endbr64
  movq %rcx, %r8          # the kernel overwrites rcx
  movl $435, %eax
  syscall
  testq %rax, %rax
  jz 1f
  ret
1:
  .cfi_undefined rip
  xorl %ebp, %ebp
  movq %r8, %rdi
  callq *%rdx
  ud2
  .cfi_endproc
  .size coppice_clone3, . - coppice_clone3
)");
