// What a handover of descriptors costs at least.
#pragma once

#include "bench/series.h"

namespace coppice::bench {

// Receives `count` packets with a descriptor each (SCM_RIGHTS) over a socket of SOCK_SEQPACKET from another thread, and
// keeps them until the last is there. Throws std::system_error.
Micros receive_descriptors(int count);

}  // namespace coppice::bench
