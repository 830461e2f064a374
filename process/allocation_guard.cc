// Aborts the program when something allocates inside an async_signal::Scope, with a backtrace of who did (S2).
//
// Link it into a test program; it has no API. It replaces the allocator's entry points with ones that
// look at the scope first and then call glibc's own. Under AddressSanitizer, which has an
// allocator of its own, it hangs on that one's hooks instead.

#include <execinfo.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "process/async_signal.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COPPICE_GUARD_BY_HOOKS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPPICE_GUARD_BY_HOOKS
#endif

namespace {

constexpr int kDepth = 32;

void say(std::string_view text) {
  // Nothing can be done about a standard error that takes no writing.
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

[[noreturn]] void refuse(std::string_view function) {
  void* frames[kDepth];
  say("allocation between clone and exec: ");
  say(function);
  say(" called from\n");
  ::backtrace_symbols_fd(frames, ::backtrace(frames, kDepth), STDERR_FILENO);
  // Not abort(): it takes a lock, and a vfork-style child would leave that locked for its parent.
  sigset_t abort_only;
  ::sigemptyset(&abort_only);
  ::sigaddset(&abort_only, SIGABRT);
  static_cast<void>(::pthread_sigmask(SIG_UNBLOCK, &abort_only, nullptr));
  static_cast<void>(::raise(SIGABRT));
  ::_exit(128 + SIGABRT);
}

void check(std::string_view function) {
  if (coppice::async_signal::in_async_signal_context()) refuse(function);
}

// The first backtrace loads the unwinder, which allocates: have that done before main.
__attribute__((constructor)) void load_unwinder() {
  void* frame = nullptr;
  static_cast<void>(::backtrace(&frame, 1));
}

}  // namespace

#ifdef COPPICE_GUARD_BY_HOOKS

extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, std::size_t),
    void (*free_hook)(const volatile void*));

namespace {

__attribute__((constructor)) void install_hooks() {
  static_cast<void>(__sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t) { check("malloc"); },
      [](const volatile void*) { check("free"); }));
}

}  // namespace

#else

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
  check("malloc");
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  check("calloc");
  return __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
  check("realloc");
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  check("memalign");
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  check("aligned_alloc");
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  check("posix_memalign");
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

void free(void* block) {
  check("free");
  __libc_free(block);
}

}  // extern "C"

#endif
