// Where only async-signal-safe steps are allowed: between clone and exec, in a signal handler (F3).
//
// Production code pays one thread-local counter. Test builds link allocation_guard, in which an allocation
// inside a Scope aborts with a backtrace that names the caller (S2).
#pragma once

namespace coppice::async_signal {

// True while the calling thread is inside a Scope. A child of a vfork-style clone shares the counter
// with the thread that cloned it. Async-signal-safe.
bool in_async_signal_context() noexcept;

// Marks the calling thread for its lifetime. Scopes nest. Async-signal-safe; must end on the thread that
// made it.
class Scope {
 public:
  Scope() noexcept;
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

}  // namespace coppice::async_signal
