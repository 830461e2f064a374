// What comes beside the JSON of a specification: the memory file behind its bytesFd.
#pragma once

#include <string>

#include "config/job_spec.h"
#include "ipc/varlink/call.h"

namespace coppice::daemon {

// The content of a memory file that its owner can neither shorten nor write to any more, at most
// config::cap::kBytes. Anything else is refused without being read, so that this cannot block whatever the peer
// sends: a pipe, a terminal, a file on a hung file system. Its offset is not used. Throws InvalidSpec for
// spec.bytesFd, with the remedy.
std::string read_sealed(int file);

// Fills in what bytesFd of `spec` holds, if there is one, and clears it. Throws InvalidSpec, and InvalidParameter
// when the call came without that descriptor.
void fill_in_bytes(varlink::Call& call, config::JobSpec& spec);

// A reply tells the commands of a job, as text: throws InvalidSpec where that would be too big for a message.
void require_tellable(const config::JobSpec& spec);

}  // namespace coppice::daemon
