// The daemon while it is being started again: jobs go on, and who waits for them waits a little longer.
#pragma once

#include <chrono>
#include <optional>

#include "cli/connect.h"

namespace coppice::cli {

// How long a daemon that is gone is waited for, and after what time somebody at a terminal is told.
inline constexpr std::chrono::seconds kReturnBound{60};
inline constexpr std::chrono::seconds kReturnNotice{2};

// For who has spoken to the daemon at `target` and lost the connection: a new one, to a daemon that answers. Nothing
// when `interrupt` (a descriptor, -1 for none) became readable before. Throws varlink::Disconnected when the daemon has
// ended for good, which is when its socket is gone, or has not come back within kReturnBound; Trouble for a
// stranger in its place.
std::optional<varlink::Client> await_return(const Target& target, int interrupt = -1);

}  // namespace coppice::cli
