#include "process/async_signal.h"

namespace coppice::async_signal {
namespace {

// Constant initialisation: reading it needs no lock and no allocation.
thread_local int depth = 0;

}  // namespace

bool in_async_signal_context() noexcept { return depth > 0; }
Scope::Scope() noexcept { ++depth; }
Scope::~Scope() { --depth; }

}  // namespace coppice::async_signal
