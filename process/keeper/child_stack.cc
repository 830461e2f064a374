#include "process/keeper/child_stack.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::process {

ChildStack::ChildStack() {
  mapping_ = ::mmap(nullptr, kGuard + kSize, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping_ == MAP_FAILED) throw errno_error("mmap", "child stack", errno);
  base_ = static_cast<std::byte*>(mapping_) + kGuard;
  if (::mprotect(base_, kSize, PROT_READ | PROT_WRITE) == 0) return;
  const int error = errno;
  static_cast<void>(::munmap(mapping_, kGuard + kSize));  // the first error is the one to tell
  throw errno_error("mprotect", "child stack", error);
}

ChildStack::~ChildStack() {
  // Fails for bad arguments only.
  static_cast<void>(::munmap(mapping_, kGuard + kSize));
}

void ChildStack::clean() const { ASAN_UNPOISON_MEMORY_REGION(base_, kSize); }

}  // namespace coppice::process
