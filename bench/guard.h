// Cleans up behind a measurement, however it ends.
#pragma once

#include <functional>

#include "bench/floor/place.h"

namespace coppice::bench {

// Runs `work` in a child and answers with its exit code. SIGINT and SIGTERM end the child; then, as when it ends by
// itself, what is left in `place` is killed, and all that the child has left is awaited (daemons get SIGTERM with it), at
// most a minute. TMPDIR is a directory of its own meanwhile, and is removed. Throws std::system_error.
int run_guarded(const Place& place, const std::function<int()>& work);

}  // namespace coppice::bench
