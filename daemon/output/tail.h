// Where the last lines of a log begin.
#pragma once

#include <cstdint>
#include <memory>

#include <asio/awaitable.hpp>

#include "daemon/output/log.h"

namespace coppice::daemon {

// The offset of the first of the last `lines` lines that are there now; a line that has not ended counts as one. The
// reading thread reads backwards, a piece at a time, so that others have their turns. The log must be known.
asio::awaitable<std::uint64_t> find_tail(std::shared_ptr<Log> log, std::uint64_t lines);

}  // namespace coppice::daemon
