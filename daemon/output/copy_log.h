// A log of several segments as one file.
#pragma once

#include <vector>

#include <asio/awaitable.hpp>

#include "base/unique_fd.h"
#include "daemon/output/output.h"
#include "daemon/output/segments.h"

namespace coppice::daemon {

// Copies them, in their order and without gaps, to a file without a name beside them, which goes with its last
// descriptor; a file system that shares blocks between files shares them (copy_file_range(2)). The reading thread does it
// a piece at a time, so that others have their turns. Read-only and close-on-exec. A segment that the cap takes meanwhile
// is left out. Throws std::system_error, ENOSPC too; operation_aborted when cancelled.
asio::awaitable<UniqueFd> copy_log(Output& output, LogPlace place, std::vector<Segment> segments);

}  // namespace coppice::daemon
