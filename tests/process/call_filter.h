// System calls that answer without being done, for a keeper that a test starts.
#pragma once

namespace coppice::process::test {

// From now on, in this process and all that descends from it, system call number `call` does nothing and
// answers `error`, or success for 0. Needs root. False if that cannot be had. Async-signal-safe.
bool answer_for_kernel(long call, int error);

}  // namespace coppice::process::test
