// Where a test may kill the supervisor: between two steps whose order a promise rests on (D1).
//
// `coppiced` links crash_point_none.cc, in which this does nothing. `coppiced-crashing`, which is for tests alone, links
// crash_point_env.cc: with COPPICE_CRASH_AT=NAME, or NAME:N for the Nth time, the process kills itself with SIGKILL
// on its way past NAME. The point is armed once for each file that COPPICE_CRASH_ONCE names: it is made
// first, so that the supervisor that is started next goes past.
#pragma once

namespace coppice::daemon {

void crash_point(const char* name) noexcept;

}  // namespace coppice::daemon
